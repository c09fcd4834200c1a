import type { Entity } from './entity.ts';

/**
 * Throws an Error if an entity names another one that does not run with it, or a command that this one does not have.
 */
export const checkReferences = (entities: readonly Entity[]): void => {
  const problems = entities.flatMap((entity) => [
    ...[...entity.references.values()]
      .filter((reference) => !find(entities, reference.entity))
      .map((reference) => `${entity.name} names "${reference.entity}" (its reference ${reference.name})`),
    ...findCommandProblems(entities, entity),
  ]);
  if (problems.length > 0)
    throw new Error(
      `Cannot start: ${problems.join('; ')}; run these entities together, or correct the definition that names them`,
    );
};

const find = (entities: readonly Entity[], name: string): Entity | undefined =>
  entities.find((entity) => entity.name === name);

const findCommandProblems = (entities: readonly Entity[], entity: Entity): string[] =>
  [...entity.commands.values()].flatMap(({ name, first }) => {
    const other = first && find(entities, first.reference.entity);
    if (!other) return [];
    const command = other.commands.get(first.command);
    const what = `${first.command} of ${other.name}, which goes first for ${name} of ${entity.name},`;
    if (!command) return [`${what} is no command`];
    if (command.creates) return [`${what} creates a thing`];
    return command.first ? [`${what} has a command that goes first itself`] : [];
  });
