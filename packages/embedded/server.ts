import type { Environment } from '@muster/runtime';

/** MongoDB itself, or SecantusDB, which implements MongoDB's protocol. */
export type ServerKind = 'mongod' | 'secantus';

/** A server that this machine can run. */
export type Server = { kind: ServerKind; binary: string };

/** The inputs of a search for a server. */
export type Search = {
  environment: Environment;
  /** Receives messages for the user: which server is used, and what takes long. */
  say: (text: string) => void;
  /** Only this kind of server: the other kind cannot read its data. */
  only?: ServerKind;
  signal?: AbortSignal;
};
