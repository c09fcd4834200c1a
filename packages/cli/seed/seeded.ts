/** The number of users so far: `created` are new, `present` existed before. A plain value. */
export type Seeded = { created: number; present: number };

export type Seeding = {
  users: number;
  seed: number;
  concurrency: number;
  signal: AbortSignal;
  onSeeded: (seeded: Seeded) => void;
};
