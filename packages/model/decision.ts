import type { Fields } from './stored-event.ts';

// registered, as a process may hold two copies of Muster
/** What an `evolve` returns where its event deletes the thing. */
export const deleted: unique symbol = Symbol.for('muster.deleted');
export type Deletes = typeof deleted;

/** What a `decide` returns where nothing is to change. */
export type Unchanged = { readonly kind: 'unchanged' };
export const unchanged: Unchanged = Object.freeze({ kind: 'unchanged' });

/** What a `decide` returns where the state forbids the command. */
export type Refused<Reason extends string> = { kind: 'refused'; reason: Reason; detail?: string };

/** Refuses a command for a declared reason. `detail` tells the client about this case, in one sentence. */
export const refuse = <const Reason extends string>(reason: Reason, detail?: string): Refused<Reason> =>
  detail === undefined ? { kind: 'refused', reason } : { kind: 'refused', reason, detail };

/** What any `decide` returns, as the engine sees it: one event, or one of the above. */
export type Decided = { kind?: never; type: string; data: Fields } | Unchanged | Refused<string>;
