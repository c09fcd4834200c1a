/** What became of the users so far. A plain value; `created` ones are new, `present` ones had been there before. */
export type Seeded = { created: number; present: number };

export type Seeding = {
  users: number;
  seed: number;
  concurrency: number;
  signal: AbortSignal;
  onSeeded: (seeded: Seeded) => void;
};
