import { isDeepStrictEqual } from 'node:util';
import type { EventKind } from './event.ts';
import type { State } from './state.ts';
import type { Fields } from './stored-event.ts';

/** What may be asked of a thing. `ifVersion` makes it conditional: only if the state has this version. */
export type Command = { ifVersion?: number } & (
  | { kind: 'create'; fields: Fields }
  | { kind: 'update'; changes: Fields }
  | { kind: 'delete' }
);

export type Refusal = 'NotFound' | 'Deleted' | 'Exists' | 'OtherVersion';

export type Decision =
  | { kind: 'event'; event: { kind: EventKind; data: Fields } }
  | { kind: 'unchanged' }
  | { kind: 'refused'; reason: Refusal };

/**
 * What a command leads to on this state: one event, nothing since it is so already, or the state of things that forbids
 * it. Pure and total.
 */
export const decide = (command: Command, state: State): Decision => {
  if (command.kind === 'create')
    return state.status === 'absent' ? append('created', command.fields) : refuse('Exists');
  if (state.status === 'absent') return refuse('NotFound');
  if (state.status === 'deleted') return refuse('Deleted');
  if (command.ifVersion !== undefined && command.ifVersion !== state.version) return refuse('OtherVersion');
  return command.kind === 'delete' ? append('deleted', {}) : decideUpdate(command.changes, state.fields);
};

const decideUpdate = (changes: Fields, fields: Fields): Decision => {
  const changed = Object.entries(changes).filter(([name, value]) => !isSame(value, fields[name]));
  return changed.length === 0 ? { kind: 'unchanged' } : append('updated', Object.fromEntries(changed));
};

// 0 and -0 are one number to whoever reads JSON
const isSame = (a: unknown, b: unknown) => a === b || isDeepStrictEqual(a, b);

const append = (kind: EventKind, data: Fields): Decision => ({ kind: 'event', event: { kind, data } });
const refuse = (reason: Refusal): Decision => ({ kind: 'refused', reason });
