/** The number of users so far: `created` are new, `present` existed before. A plain value. */
export type Seeded = { created: number; present: number };

export type Seeding = {
  users: number;
  seed: number;
  concurrency: number;
  key?: string | undefined; // the API key, if the gateways need one
  signal: AbortSignal;
  onSeeded: (seeded: Seeded) => void;
};
