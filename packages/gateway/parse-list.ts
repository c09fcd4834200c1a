import {
  type Entity,
  type Fault,
  type FaultCode,
  type Filter,
  indexNamesOf,
  indexTypeOf,
  type Operator,
  operators,
  parseKey,
  type SortKey,
} from '@muster/model';
import { queryMax } from '@muster/wire';
import { parseQueryInteger } from './parse-headers.ts';

/** The part of a list that is asked for: by position, or from a cursor. */
export type Page =
  | { kind: 'offset'; offset: number; limit: number }
  | { kind: 'cursor'; limit: number; after: string | undefined; before: string | undefined };

/** A list that is filtered, sorted, or read in another way than by offset and limit alone. */
export type ListRequest = {
  filters: Filter[];
  sort: SortKey[]; // its last key is the id
  fields: string[] | undefined;
  total: boolean;
  page: Page;
};

export type ParsedList = { kind: 'list'; list: ListRequest } | { kind: 'faults'; faults: Fault[] };

type Given = Readonly<Record<string, unknown>>;

export const limitDefault = 100;
export const limitMax = 1_000;
export const offsetMax = 10_000; // all things before the offset are read
const filtersMax = 20;
const sortMax = 8;
const inMax = 100;
const textMax = 1_000;
const unknownMax = 50; // an answer must not grow with what comes in

const plain = ['offset', 'limit'];
/** The parameters that choose a page. */
export const paging = [...plain, 'page[size]', 'page[after]', 'page[before]'];
const parameters = [...plain, 'sort', 'fields', 'total', ...paging.slice(plain.length)];
const filterName = /^filter\[([^[\]]*)\](?:\[([^[\]]*)\])?$/;

/**
 * Whether this is a list in its plain order: only offset and limit, or nothing. An entity with `keep` has none, since
 * its things are not all in memory.
 */
export const isPlainList = ({ keep }: Entity, given: Given): boolean =>
  keep === undefined && Object.keys(given).every((name) => plain.includes(name));

/** Parses the parameters of a list. Finds all faults at once. */
export const parseList = (entity: Entity, given: Given): ParsedList => {
  const filters = parseFilters(entity, given);
  const sort = parseSort(entity, given);
  const fields = parseFields(entity, given);
  const total = parseTotal(entity, given);
  const page = parsePage(given);
  const faults = [
    ...findUnknown(given, [...parameters, fieldsOf(entity)]),
    ...[filters, sort, fields, total, page].flatMap(faultsOf),
  ];
  if (faults.length > 0) return { kind: 'faults', faults };
  const list = { filters: filters.value, sort: sort.value, fields: fields.value, total: total.value, page: page.value };
  return { kind: 'list', list };
};

/** A parsed part. Its value is not used if there are faults. */
export type Part<Value> = { value: Value; faults: Fault[] };

const faultsOf = ({ faults }: Part<unknown>): Fault[] => faults;

const partOf = <Value>(value: Value, faults: Fault[] = []): Part<Value> => ({ value, faults });

/** A fault of a parameter. */
export const fault = (name: string, detail: string, code: FaultCode = 'invalid-parameter'): Fault => ({
  pointer: `/${name.slice(0, 80)}`,
  code,
  detail,
});

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

/** What a client sent, shortened for a message. */
export const shown = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 80);

/** Parses the filters of a request. Finds all faults at once. */
export const parseFilters = (entity: Entity, given: Given): Part<Filter[]> => {
  const names = Object.keys(given).filter((name) => filterName.test(name));
  if (names.length > filtersMax)
    return partOf([], [fault('filter', `a list can have ${filtersMax} filters at most, not ${names.length}`)]);
  const parts = names.map((name) => parseFilter(entity, name, given[name]));
  return partOf(
    parts.flatMap(({ value }) => value ?? []),
    parts.flatMap(faultsOf),
  );
};

const parseFilter = (entity: Entity, name: string, value: unknown): Part<Filter | undefined> => {
  const [, field = '', operatorName = 'eq'] = filterName.exec(name) ?? [];
  const refuse = (detail: string) => partOf(undefined, [fault(name, detail)]);
  const operator = operators.find((one) => one === operatorName);
  const type = indexTypeOf(entity, field);
  if (!type) return refuse(noIndex(entity, field, 'filtered'));
  if (!operator) return refuse(`${shown(operatorName)} is no operator; the operators are ${operators.join(', ')}`);
  if (textOperators.includes(operator) && type !== 'string')
    return refuse(`${operator} compares texts, and "${field}" is a ${type}; use eq, lt, lte, gt, gte or in`);
  const texts = textsOf(operator, value);
  if (!texts) return refuse(`"${name}" is given more than once; give one value`);
  if (texts.length > inMax) return refuse(`"${name}" has ${texts.length} values; it can have ${inMax} at most`);
  if (texts.some((text) => text.length > textMax)) return refuse(`its value has more than ${textMax} characters`);
  if (textOperators.includes(operator) && texts[0] === '') return refuse(`${operator} needs at least one character`);
  const wanted = operator === 'exists' ? 'boolean' : type;
  const keys = texts.flatMap((text) => parseKey(wanted, text) ?? []);
  if (keys.length < texts.length) return refuse(`expected ${expected[wanted]}, not ${shown(value)}`);
  return partOf({ field, operator, keys });
};

const textOperators: readonly Operator[] = ['contains', 'startsWith', 'endsWith'];

const expected = {
  string: 'well-formed text',
  number: 'a number such as 3 or -0.5',
  boolean: 'true or false',
  date: 'a date in ISO 8601, such as 2026-01-31 or 2026-01-31T09:30:00Z',
};

const noIndex = (entity: Entity, field: string, done: string): string =>
  `${shown(field)} is no index: lists of ${entity.name} can be ${done} by ${indexNamesOf(entity).join(', ')}`;

/** The texts of a filter. `in` has several: separated by commas, or one in each of several parameters. */
const textsOf = (operator: Operator, value: unknown): string[] | undefined => {
  if (typeof value === 'string') return operator === 'in' ? value.split(',') : [value];
  return operator === 'in' && Array.isArray(value) ? value.map(String) : undefined;
};

const byId: SortKey = { field: 'id', descending: false };

const parseSort = (entity: Entity, given: Given): Part<SortKey[]> => {
  if (given.sort === undefined) return partOf([byId]);
  const refuse = (detail: string) => partOf([], [fault('sort', detail)]);
  if (typeof given.sort !== 'string') return refuse('"sort" is given more than once; separate its fields by commas');
  const keys = given.sort.split(',').map(sortKeyOf);
  if (keys.length > sortMax) return refuse(`"sort" has ${keys.length} fields; it can have ${sortMax} at most`);
  const unknown = keys.find(({ field }) => !indexTypeOf(entity, field));
  if (unknown) return refuse(noIndex(entity, unknown.field, 'sorted'));
  const twice = keys.find(({ field }, at) => keys.findIndex((key) => key.field === field) < at);
  if (twice) return refuse(`"${twice.field}" is in "sort" more than once; name each field once`);
  const id = keys.findIndex(({ field }) => field === 'id');
  return partOf(id < 0 ? [...keys, byId] : keys.slice(0, id + 1)); // no two things have one id
};

const sortKeyOf = (text: string): SortKey =>
  text.startsWith('-') ? { field: text.slice(1), descending: true } : { field: text, descending: false };

const parseFields = (entity: Entity, given: Given): Part<string[] | undefined> => {
  const name = fieldsOf(entity);
  const fields = given.fields ?? given[name];
  if (fields === undefined) return partOf(undefined);
  const refuse = (detail: string) => partOf(undefined, [fault('fields', detail)]);
  if (typeof fields !== 'string' || (given.fields !== undefined && given[name] !== undefined))
    return refuse('"fields" is given more than once; separate its names by commas');
  const names = fields.split(',');
  if (names.length > queryMax.fields) return refuse(`"fields" can have ${queryMax.fields} names at most`);
  const unknown = names.find((name) => !isShown(entity, name));
  if (unknown === undefined) return partOf(names);
  const known = entity.present
    ? 'a name is 1 to 64 letters, digits, _ and -'
    : `it has id, ${entity.fieldNames.join(', ')}`;
  return refuse(`${shown(unknown)} is no field of ${entity.name}: ${known}`);
};

/** The name that JSON:API has for the parameter `fields`. */
const fieldsOf = ({ name }: Entity): string => `fields[${name}]`;

// what a `present` returns is known only when it has returned
const isShown = ({ fieldNames, present }: Entity, name: string): boolean =>
  present ? /^[A-Za-z0-9_-]{1,64}$/.test(name) && name !== '__proto__' : name === 'id' || fieldNames.includes(name);

const parseTotal = ({ keep, name }: Entity, given: Given): Part<boolean> => {
  const { total } = given;
  if (total !== undefined && total !== 'true' && total !== 'false')
    return partOf(false, [fault('total', `"total" must be true or false, not ${shown(total)}`)]);
  const isFiltered = Object.keys(given).some((one) => filterName.test(one));
  if (total === 'true' && keep !== undefined && isFiltered)
    return partOf(false, [fault('total', `${name}s with filters cannot be counted, as most are not in memory`)]);
  return partOf(total === 'true');
};

/** Parses which page is asked for. */
export const parsePage = (given: Given): Part<Page> => {
  const names = Object.keys(given);
  const byCursor = names.filter((name) => name.startsWith('page['));
  const byOffset = names.filter((name) => plain.includes(name));
  const mixed = byCursor.length > 0 && byOffset.length > 0;
  const faults = mixed
    ? [fault(byOffset[0] ?? '', `"${byOffset[0]}" cannot be used with "${byCursor[0]}"`, 'not-combinable')]
    : [];
  return byCursor.length > 0 ? parseCursorPage(given, faults) : parseOffsetPage(given);
};

const parseOffsetPage = (given: Given): Part<Page> => {
  const offset = parseQueryInteger(given, 'offset', 0, 0, Number.MAX_SAFE_INTEGER);
  const limit = parseQueryInteger(given, 'limit', limitDefault, 1, limitMax);
  const faults = [offset, limit].flatMap((number) => (number.kind === 'faults' ? number.faults : []));
  const from = offset.kind === 'number' ? (offset.value ?? 0) : 0;
  const most = limit.kind === 'number' ? (limit.value ?? limitDefault) : limitDefault;
  if (from > offsetMax)
    faults.push(
      fault(
        'offset',
        `"offset" can be ${offsetMax} at most in a filtered or sorted list; use page[size] and page[after]`,
      ),
    );
  return partOf({ kind: 'offset', offset: from, limit: most }, faults);
};

const parseCursorPage = (given: Given, faults: Fault[]): Part<Page> => {
  const size = parseQueryInteger(given, 'page[size]', limitDefault, 1, limitMax);
  const [after, before] = [given['page[after]'], given['page[before]']];
  if (size.kind === 'faults') faults.push(...size.faults);
  for (const [name, cursor] of Object.entries({ 'page[after]': after, 'page[before]': before }))
    if (cursor !== undefined && typeof cursor !== 'string')
      faults.push(fault(name, `"${name}" is given more than once`));
  if (after !== undefined && before !== undefined)
    faults.push(fault('page[before]', 'page[after] and page[before] cannot be used together', 'not-combinable'));
  const limit = size.kind === 'number' ? (size.value ?? limitDefault) : limitDefault;
  return partOf({ kind: 'cursor', limit, after: textOr(after), before: textOr(before) }, faults);
};

const textOr = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
