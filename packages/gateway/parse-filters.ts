import {
  type Entity,
  type Fault,
  type Filter,
  indexNameOf,
  indexNamesOf,
  indexTypeOf,
  type Key,
  type Operator,
  operators,
  type Period,
  parseKey,
  parsePeriod,
} from '@muster/model';
import { fault, faultsOf, type Given, type Part, partOf, shown } from './parameter-part.ts';

const filtersMax = 20;
const inMax = 100;
const textMax = 1_000;
const unknownMax = 50; // an answer must not grow with what comes in

const filterName = /^filter\[([^[\]]*)\](?:\[([^[\]]*)\])?$/;

/** A fault for each parameter that is neither one of these nor a filter. */
export const findUnknown = (given: Given, known: readonly string[]): Fault[] =>
  Object.keys(given)
    .filter((name) => !known.includes(name) && !filterName.test(name))
    .slice(0, unknownMax)
    .map((name) =>
      fault(
        name,
        `the parameter ${shown(name)} is not known; known are ${known.join(', ')} and filter[field][operator]`,
        'unknown-parameter',
      ),
    );

/** Parses the filters of a request. A date that is a period gives filters by its ends. Finds all faults at once. */
export const parseFilters = (entity: Entity, given: Given): Part<Filter[]> => {
  const names = Object.keys(given).filter((name) => filterName.test(name));
  if (names.length > filtersMax)
    return partOf([], [fault('filter', `a list can have ${filtersMax} filters at most, not ${names.length}`)]);
  const parts = names.map((name) => parseFilter(entity, name, given[name]));
  return partOf(
    parts.flatMap(({ value }) => value),
    parts.flatMap(faultsOf),
  );
};

const parseFilter = (entity: Entity, name: string, value: unknown): Part<Filter[]> => {
  const [, given = '', operatorName = 'eq'] = filterName.exec(name) ?? [];
  const refuse = (detail: string) => partOf([], [fault(name, detail)]);
  const operator = operators.find((one) => one === operatorName);
  const field = indexNameOf(entity, given) ?? given;
  const type = indexTypeOf(entity, field);
  if (!type) return refuse(noIndex(entity, given, 'filtered'));
  if (!operator) return refuse(`${shown(operatorName)} is no operator; the operators are ${operators.join(', ')}`);
  if (textOperators.includes(operator) && type !== 'string')
    return refuse(`${operator} compares texts, and "${field}" is a ${type}; use ${otherOperators.join(', ')}`);
  const texts = textsOf(operator, value);
  if (!texts) return refuse(`"${name}" is given more than once; give one value`);
  if (texts.length > inMax) return refuse(`"${name}" has ${texts.length} values; it can have ${inMax} at most`);
  if (texts.some((text) => text.length > textMax)) return refuse(`its value has more than ${textMax} characters`);
  if (textOperators.includes(operator) && texts[0] === '') return refuse(`${operator} needs at least one character`);
  const wanted = operator === 'exists' ? 'boolean' : type;
  const filters =
    wanted === 'date' ? dateFilters(field, operator, texts) : plainFilters(field, operator, wanted, texts);
  return filters ? partOf(filters) : refuse(`expected ${expected[wanted]}, not ${shown(value)}`);
};

const textOperators: readonly Operator[] = ['contains', 'startsWith', 'endsWith'];
const otherOperators = operators.filter((one) => !textOperators.includes(one));

const expected = {
  string: 'well-formed text',
  number: 'a number such as 3 or -0.5',
  boolean: 'true or false',
  date: 'a date in ISO 8601, such as 2026, 2026-01-31 or 2026-01-31T09:30:00Z (a + is written %2B)',
};

/** Says that a field is no index, and what can be filtered or sorted by instead. */
export const noIndex = (entity: Entity, field: string, done: 'filtered' | 'sorted'): string =>
  `${shown(field)} is no index: lists of ${entity.name} can be ${done} by ${indexNamesOf(entity).join(', ')}`;

/** The texts of a filter. `in` has several: separated by commas, or one in each of several parameters. */
const textsOf = (operator: Operator, value: unknown): string[] | undefined => {
  if (typeof value === 'string') return operator === 'in' ? value.split(',') : [value];
  return operator === 'in' && Array.isArray(value) ? value.map(String) : undefined;
};

const plainFilters = (
  field: string,
  operator: Operator,
  type: 'string' | 'number' | 'boolean',
  texts: readonly string[],
): Filter[] | undefined => {
  const keys = texts.flatMap((text) => parseKey(type, text) ?? []);
  return keys.length < texts.length ? undefined : [{ field, operator, keys }];
};

/** A date is the period that it names: a year, a month, a day, an hour or a minute. With seconds it is an instant. */
const dateFilters = (field: string, operator: Operator, texts: readonly string[]): Filter[] | undefined => {
  const periods = texts.flatMap((text) => parsePeriod(text) ?? []);
  const [first] = periods;
  if (!first || periods.length < texts.length) return undefined;
  const filter = (used: Operator, ...keys: Key[]): Filter => ({ field, operator: used, keys });
  if (periods.every(isInstant)) return [filter(operator, ...periods.map(({ from }) => from))];
  const ends = periods.flatMap(({ from, to }) => [from, to]);
  switch (operator) {
    case 'gt':
      return [filter('gte', first.to)];
    case 'lte':
      return [filter('lt', first.to)];
    case 'gte':
    case 'lt':
      return [filter(operator, first.from)];
    case 'ne':
      return [filter('outside', ...ends)];
    default: // eq and in: an index bounds the whole, and `within` leaves the gaps out
      return [
        ...[filter('gte', leastOf(periods)), filter('lt', greatestOf(periods))],
        ...(periods.length > 1 ? [filter('within', ...ends)] : []),
      ];
  }
};

const isInstant = ({ from, to }: Period): boolean => to.getTime() - from.getTime() === 1;

const leastOf = (periods: readonly Period[]): Date => new Date(Math.min(...periods.map(({ from }) => from.getTime())));

const greatestOf = (periods: readonly Period[]): Date => new Date(Math.max(...periods.map(({ to }) => to.getTime())));
