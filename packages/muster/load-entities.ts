import { access } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chooseEntities } from '@muster/entities';
import { checkDistinct, checkReferences, checkRoutes, type Entity } from '@muster/model';

export type LoadedEntities =
  | { kind: 'entities'; entities: readonly Entity[]; path: string }
  | { kind: 'problem'; problem: string };

/** Where the entities are looked for when no file is named, in this order. */
const usual = ['entities.ts', 'entities.js', 'entities.mjs'];

/**
 * Loads the entities of a project: the list that its file exports as `entities`. The file is TypeScript or JavaScript.
 * A name without a dot and a slash stands for systems that come with Muster, such as `all` or `users,assets`.
 * Without a name it is `entities.ts`, `entities.js` or `entities.mjs` in the folder `from`. Never throws: what is wrong
 * with the file is returned as a problem.
 */
export const loadEntities = async (named: string | undefined, from = process.cwd()): Promise<LoadedEntities> => {
  if (named && isSystem.test(named)) return chooseSystems(named);
  const found = await findFile(named ? [named] : usual, from);
  if (found === undefined) return named ? problem(`there is no file ${resolve(from, named)}`) : noneFound(from);
  try {
    return judge(await importFile(found), found);
  } catch (error) {
    return problem(`${found} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const isSystem = /^[a-z]+(,[a-z]+)*$/;

const chooseSystems = (named: string): LoadedEntities => {
  const chosen = chooseEntities(named);
  return chosen.kind === 'entities' ? { ...chosen, path: named } : chosen;
};

const findFile = async (names: readonly string[], from: string): Promise<string | undefined> => {
  for (const name of names) {
    const path = resolve(from, name);
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
};

const importFile = async (path: string): Promise<unknown> => {
  const url = pathToFileURL(path).href;
  if (!/^\.[cm]?ts$/.test(extname(path))) return import(url);
  const { register } = await import('tsx/esm/api'); // only where TypeScript is to be read
  const unregister = register();
  try {
    return await import(url);
  } finally {
    await unregister();
  }
};

const judge = (exported: unknown, path: string): LoadedEntities => {
  const { entities } = Object(exported);
  if (!Array.isArray(entities) || entities.length === 0)
    return problem(`${path} must export a list of entities: export const entities = [account]`);
  const strange = entities.findIndex((one) => !isEntity(one));
  if (strange === -1) {
    checkDistinct(entities);
    checkReferences(entities);
    checkRoutes(entities);
    return { kind: 'entities', entities, path };
  }
  return problem(`entity ${strange + 1} in ${path} was not made by defineEntity or defineRecord of muster`);
};

// not `instanceof`: the file may have another copy of this package
const isEntity = (value: unknown): boolean => {
  const { name, path, events, commands, creating } = Object(value);
  return typeof name === 'string' && typeof path === 'string' && Boolean(events?.get && commands?.get && creating);
};

const noneFound = (from: string) =>
  problem(
    `there is no ${usual.join(', ')} in ${from}. Name the file with --entities, or begin a project: muster new DIR`,
  );

const problem = (text: string): LoadedEntities => ({ kind: 'problem', problem: text });
