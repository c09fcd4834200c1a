import type { View } from './count-by.ts';
import type { FieldSchemas } from './data-of.ts';
import { isObject } from './find-definition-problems.ts';

/** How many views an entity may declare, and how many measures a view. Each one costs time for every change. */
const viewsMax = 16;
const measuresMax = 8;

/** Words that stand for something else in the same place of addresses, or in JSON:API. */
const reservedViews: readonly string[] = ['event', 'events', 'history'];

/** What is wrong with the declared views of an entity with these fields and indexes, and how to mend it. */
export const findViewProblems = (views: unknown, indexes: unknown, fields: FieldSchemas): string[] => {
  if (views === undefined || !isObject(fields)) return [];
  if (!isObject(views) || Object.keys(views).length > viewsMax)
    return [`its views must be an object with at most ${viewsMax} views`];
  return Object.entries(views).flatMap(([name, view]) => findOneProblem(name, view, indexes, fields));
};

const findOneProblem = (name: string, view: unknown, indexes: unknown, fields: FieldSchemas): string[] => {
  const what = `the view ${JSON.stringify(name)}`;
  if (!/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name))
    return [`${what} stands in addresses: its name must be 1 to 64 letters, digits, _ and -, the first no digit`];
  if (reservedViews.includes(name)) return [`the engine needs the name of ${what}: choose another one`];
  if (!isObject(view) || !('by' in view)) return [`${what} must be made by countBy, such as countBy('owner')`];
  const { by, measures = [] } = view as { by: unknown; measures?: unknown };
  if (!Array.isArray(indexes) || !indexes.includes(by))
    return [`${what} counts by ${JSON.stringify(by)}, which is no declared index: add it to the indexes`];
  if (!Array.isArray(measures) || measures.length > measuresMax || new Set(measures).size < measures.length)
    return [`the measures of ${what} must be a list of at most ${measuresMax} fields, each named once`];
  const unfit = measures.find((field) => typeof field !== 'string' || fields[field]?.type !== 'number');
  return unfit === undefined ? [] : [`the measure ${JSON.stringify(unfit)} of ${what} is no field with a number`];
};

/** The views of these definitions, whose problems were looked for. */
export const viewsOf = (views: Readonly<Record<string, Omit<View, 'name'>>> = {}): ReadonlyMap<string, View> =>
  new Map(Object.entries(views).map(([name, { by, measures }]) => [name, { name, by, measures }]));
