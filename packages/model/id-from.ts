import { EntityBroken } from './decide.ts';
import { type CommandType, type Entity, isId } from './entity.ts';
import type { Fields } from './stored-event.ts';

/**
 * Returns the id that a creating command derives from its input, or undefined if the gateway makes one. Throws
 * EntityBroken if it is no id, or if the entity's function throws.
 */
export const idFrom = (entity: Entity, { name, idOf }: CommandType, input: Fields): string | undefined => {
  if (!idOf) return undefined;
  const fail = (why: string, cause?: unknown) =>
    new EntityBroken(`Cannot run ${name} of entity "${entity.name}": its id ${why}; mend the entity's file`, { cause });
  let id: unknown;
  try {
    id = idOf(input);
  } catch (error) {
    throw fail(`throws: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  if (!isId(id)) throw fail(`returns ${JSON.stringify(id)}, which is no id`);
  return String(id);
};
