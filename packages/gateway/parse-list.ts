import { type Entity, type Fault, type Filter, indexNameOf, indexTypeOf, type SortKey } from '@muster/model';
import { queryMax } from '@muster/wire';
import { fault, faultsOf, type Given, type Part, partOf, shown } from './parameter-part.ts';
import { findUnknown, noIndex, parseFilters } from './parse-filters.ts';
import { type Page, paging, parsePage } from './parse-page.ts';

/** A list that is filtered, sorted, or read in another way than by offset and limit alone. */
export type ListRequest = {
  filters: Filter[];
  sort: SortKey[]; // its last key is the id
  fields: string[] | undefined;
  total: boolean;
  page: Page;
};

export type ParsedList = { kind: 'list'; list: ListRequest } | { kind: 'faults'; faults: Fault[] };

const sortMax = 8;

const parameters = [...paging, 'sort', 'fields', 'total'];

/** Parses the parameters of a list. Finds all faults at once. */
export const parseList = (entity: Entity, given: Given): ParsedList => {
  const filters = parseFilters(entity, given);
  const sort = parseSort(entity, given);
  const fields = parseFields(entity, given);
  const total = parseTotal(entity, given, filters.value.length > 0);
  const page = parsePage(entity, given, entity.http.sort !== undefined);
  const faults = [
    ...findUnknown(given, [...parameters, fieldsOf(entity)]),
    ...[filters, sort, fields, total, page].flatMap(faultsOf),
  ];
  if (faults.length > 0) return { kind: 'faults', faults };
  const list = { filters: filters.value, sort: sort.value, fields: fields.value, total: total.value, page: page.value };
  return { kind: 'list', list };
};

const byId: SortKey = { field: 'id', descending: false };

const parseSort = (entity: Entity, given: Given): Part<SortKey[]> => {
  if (given.sort === undefined) return partOf(withId(entity.http.sort ? [entity.http.sort] : []));
  const refuse = (detail: string) => partOf([], [fault('sort', detail)]);
  if (typeof given.sort !== 'string') return refuse('"sort" is given more than once; separate its fields by commas');
  const keys = given.sort.split(',').map((text) => sortKeyOf(entity, text));
  if (keys.length > sortMax) return refuse(`"sort" has ${keys.length} fields; it can have ${sortMax} at most`);
  const unknown = keys.find(({ field }) => !indexTypeOf(entity, field));
  if (unknown) return refuse(noIndex(entity, unknown.field, 'sorted'));
  const twice = keys.find(({ field }, at) => keys.findIndex((key) => key.field === field) < at);
  if (twice) return refuse(`"${twice.field}" is in "sort" more than once; name each field once`);
  return partOf(withId(keys));
};

/** The sort up to the id, or with the id behind it: no two things have one id. */
const withId = (keys: readonly SortKey[]): SortKey[] => {
  const id = keys.findIndex(({ field }) => field === 'id');
  return id < 0 ? [...keys, byId] : keys.slice(0, id + 1);
};

const sortKeyOf = (entity: Entity, text: string): SortKey => {
  const name = text.replace(/^-/, '');
  return { field: indexNameOf(entity, name) ?? name, descending: text.startsWith('-') };
};

/** Parses which fields of the things are asked for. */
export const parseFields = (entity: Entity, given: Given): Part<string[] | undefined> => {
  const name = fieldsOf(entity);
  const fields = given.fields ?? given[name];
  if (fields === undefined) return partOf(undefined);
  const refuse = (detail: string) => partOf(undefined, [fault(given.fields === undefined ? name : 'fields', detail)]);
  if (given.fields === undefined && fields === '') return partOf([]); // no fields, as JSON:API has it
  if (typeof fields !== 'string' || (given.fields !== undefined && given[name] !== undefined))
    return refuse('"fields" is given more than once; separate its names by commas');
  const names = fields.split(',');
  if (names.length > queryMax.fields) return refuse(`"fields" can have ${queryMax.fields} names at most`);
  const unknown = names.find((name) => !isShown(entity, name));
  if (unknown === undefined) return partOf(names.map((name) => entity.references.get(name)?.field ?? name));
  const known = entity.present
    ? 'a name is 1 to 64 letters, digits, _ and -'
    : `it has id, ${entity.fieldNames.join(', ')}`;
  return refuse(`${shown(unknown)} is no field of ${entity.name}: ${known}`);
};

/** The name that JSON:API has for the parameter `fields`. */
export const fieldsOf = ({ http }: Entity): string => `fields[${http.type}]`;

// what a `present` returns is known only when it has returned
const isShown = ({ fieldNames, present, references }: Entity, name: string): boolean =>
  references.has(name) ||
  (present ? /^[A-Za-z0-9_-]{1,64}$/.test(name) && name !== '__proto__' : name === 'id' || fieldNames.includes(name));

const parseTotal = ({ keep, name }: Entity, { total }: Given, isFiltered: boolean): Part<boolean> => {
  if (total !== undefined && total !== 'true' && total !== 'false')
    return partOf(false, [fault('total', `"total" must be true or false, not ${shown(total)}`)]);
  if (total === 'true' && keep !== undefined && isFiltered)
    return partOf(false, [fault('total', `${name}s with filters cannot be counted, as most are not in memory`)]);
  return partOf(total === 'true');
};
