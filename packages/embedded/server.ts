import type { Environment } from '@muster/runtime';

/** MongoDB itself, or SecantusDB, which speaks its protocol. */
export type ServerKind = 'mongod' | 'secantus';

/** A server that can be run here. */
export type Server = { kind: ServerKind; binary: string };

/** What a search for a server may use and whom it informs. */
export type Search = {
  environment: Environment;
  /** Hears in plain words what was taken, and of what takes long. */
  say: (text: string) => void;
  /** Data that one kind wrote is of no use to the other. */
  only?: ServerKind;
  signal?: AbortSignal;
};
