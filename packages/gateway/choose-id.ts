import { type CommandType, type Entity, type Fault, type Fields, findIdFaults, idFrom } from '@muster/model';

/** `id` is undefined if neither the request nor the input names one. */
export type ChosenId = { kind: 'id'; id: string | undefined } | { kind: 'faults'; faults: Fault[] };

/**
 * Chooses the id of the thing of a command: the one that the request names, or the one that follows from the input.
 * Both must be the same if there are both, as one thing would have two ids otherwise. Throws EntityBroken as `idFrom`
 * does.
 */
export const chooseId = (entity: Entity, type: CommandType, input: Fields, named: string | undefined): ChosenId => {
  const faults = named === undefined ? [] : findIdFaults(named);
  if (faults.length > 0) return { kind: 'faults', faults };
  const own = idFrom(entity, type, input);
  if (named === undefined || own === undefined || named === own) return { kind: 'id', id: named ?? own };
  const detail = `the id is "${named}", but the input of ${type.name} belongs to "${own}"`;
  return { kind: 'faults', faults: [{ pointer: '/id', code: 'other-id', detail }] };
};
