import type { Entity } from '@muster/model';

/** The number of users so far: `created` are new, `present` existed before. A plain value. */
export type Seeded = { created: number; present: number };

export type Seeding = {
  users: number;
  seed: number;
  other?: Entity | undefined; // the entity of the things that the seeded ones refer to
  concurrency: number;
  key?: string | undefined; // the API key, if the gateways need one
  signal: AbortSignal;
  onSeeded: (seeded: Seeded) => void;
};
