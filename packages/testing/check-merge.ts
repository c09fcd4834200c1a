import { deepStrictEqual } from 'node:assert/strict';
import { decide, type Entity, type Fields, type State } from '@muster/model';

/**
 * Checks the laws of an entity's `merge` on these states of one thing: commutative, associative, idempotent. It tries
 * all triples, so give some dozens of states at most, or a few in a property test. Throws an AssertionError with the
 * law and the states, and an Error if the entity has no `merge`.
 */
export const checkMerge = (entity: Entity, states: readonly object[]): void => {
  const merge = mergeOf(entity);
  const all = states as readonly unknown[] as readonly Fields[];
  for (const a of all) {
    check('idempotent: merge(a, a) equals a', { a }, merge(a, a), a);
    for (const b of all) {
      const ab = merge(a, b);
      check('commutative: merge(a, b) equals merge(b, a)', { a, b }, merge(b, a), ab);
      check('idempotent: merge(merge(a, b), b) equals merge(a, b)', { a, b }, merge(ab, b), ab);
      for (const c of all)
        check(
          'associative: merge(merge(a, b), c) equals merge(a, merge(b, c))',
          { a, b, c },
          merge(ab, c),
          merge(a, merge(b, c)),
        );
    }
  }
};

const mergeOf = (entity: Entity): ((local: Fields, remote: Fields) => Fields) => {
  const { adopting, name } = entity;
  if (!adopting) throw new Error(`Cannot check the merge of entity "${name}": it has none`);
  return (local, remote) => {
    const [now, input] = [new Date(0), structuredClone(remote)];
    const state: State = { status: 'active', version: 1, fields: local, createdAt: now, updatedAt: now };
    const decision = decide(entity, { type: adopting, input }, state, now);
    return decision.kind === 'event' && decision.next.status === 'active' ? decision.next.fields : local;
  };
};

const check = (law: string, states: object, found: Fields, wanted: Fields): void =>
  deepStrictEqual(found, wanted, `Not ${law}: ${JSON.stringify(states)} gives ${shown(found)} and ${shown(wanted)}`);

const shown = (fields: Fields): string => JSON.stringify(fields);
