import type { FieldSchemas } from './data-of.ts';
import { isObject } from './find-definition-problems.ts';
import { type IndexType, indexTypes } from './index-key.ts';
import { builtInIndexes } from './query.ts';

/** How many indexes an entity may declare. Each one costs memory and time for every change. */
const indexesMax = 16;

/** What is wrong with the declared indexes of these fields, and how to mend it. */
export const findIndexProblems = (indexes: unknown, fields: FieldSchemas): string[] => {
  if (indexes === undefined || !isObject(fields)) return [];
  if (!Array.isArray(indexes) || indexes.length > indexesMax)
    return [`its indexes must be a list of at most ${indexesMax} names of fields`];
  return indexes.flatMap((name: unknown, at) => findOneProblem(name, fields, indexes.indexOf(name) < at));
};

const findOneProblem = (name: unknown, fields: FieldSchemas, isTwice: boolean): string[] => {
  const what = `the index ${JSON.stringify(name)}`;
  if (typeof name === 'string' && Object.hasOwn(builtInIndexes, name))
    return [`${what} is built in: take it out of its indexes`];
  if (typeof name !== 'string' || !Object.hasOwn(fields, name))
    return [`${what} is no field: its fields are ${Object.keys(fields).join(', ')}`];
  if (isTwice) return [`${what} is declared twice: take one out`];
  if (!/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name))
    return [`${what} stands in addresses: its name must be 1 to 64 letters, digits, _ and -, the first no digit`];
  if (typeOf(fields, name) === undefined)
    return [`${what} has the type ${fields[name]?.type}: only a ${indexTypes.join(', ')} can be indexed`];
  return [];
};

const typeOf = (fields: FieldSchemas, name: string): IndexType | undefined =>
  indexTypes.find((type) => type === fields[name]?.type);

/** The types of these indexes, whose problems were looked for. */
export const indexesOf = (indexes: readonly string[] = [], fields: FieldSchemas): ReadonlyMap<string, IndexType> =>
  new Map(indexes.map((name) => [name, typeOf(fields, name) ?? 'string']));
