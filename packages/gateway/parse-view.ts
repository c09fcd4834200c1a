import {
  type Entity,
  type Fault,
  type FigureName,
  type Filter,
  figureNames,
  type SortKey,
  type View,
} from '@muster/model';
import { fault, type Given, type Part, shown } from './parameter-part.ts';
import { findUnknown, parseFilters } from './parse-filters.ts';
import { type Page, paging, parsePage } from './parse-page.ts';

/** By what the groups of a view are ordered: their keys, how many things they have, or a figure of a measure. */
export type GroupOrder = { kind: 'key' } | { kind: 'count' } | { kind: 'figure'; measure: number; figure: FigureName };

/** The groups of a view that a client asks for. The last key of `sort` is the key of the group. */
export type ViewRequest = { filters: Filter[]; order: GroupOrder; sort: SortKey[]; page: Page };

export type ParsedView = { kind: 'view'; asked: ViewRequest } | { kind: 'faults'; faults: Fault[] };

/** Parses the parameters of a view. Finds all faults at once. */
export const parseView = (entity: Entity, view: View, given: Given): ParsedView => {
  const filters = parseFilters(entity, given);
  const foreign = filters.value.filter(({ field }) => field !== view.by);
  const order = parseOrder(view, given);
  const page = parsePage(entity, given);
  const faults = [
    ...findUnknown(given, [...paging, 'sort']),
    ...[filters, order, page].flatMap((part) => part.faults),
    ...foreign.map(({ field }) => fault(`filter[${field}]`, `this view can be filtered by ${view.by} only`)),
  ];
  if (faults.length > 0) return { kind: 'faults', faults };
  return { kind: 'view', asked: { filters: filters.value, ...order.value, page: page.value } };
};

const byKey = { field: 'key', descending: false };

const parseOrder = (view: View, { sort = 'key' }: Given): Part<Pick<ViewRequest, 'order' | 'sort'>> => {
  const text = String(sort);
  const descending = text.startsWith('-');
  const name = descending ? text.slice(1) : text;
  const order = Array.isArray(sort) ? undefined : orderOf(view, name);
  if (order)
    return {
      value: { order, sort: [{ field: name, descending }, ...(order.kind === 'key' ? [] : [byKey])] },
      faults: [],
    };
  const known = ['key', 'count', ...view.measures.flatMap((one) => figureNames.map((figure) => `${one}.${figure}`))];
  const detail = `${shown(sort)} is no order of this view; it can be sorted by ${known.join(', ')}, with - to descend`;
  return { value: { order: { kind: 'key' }, sort: [byKey] }, faults: [fault('sort', detail)] };
};

const orderOf = ({ measures }: View, name: string): GroupOrder | undefined => {
  if (name === 'key' || name === 'count') return { kind: name };
  const measure = measures.findIndex((one) => name.startsWith(`${one}.`) && isFigure(name.slice(one.length + 1)));
  if (measure < 0) return undefined;
  return { kind: 'figure', measure, figure: name.slice((measures[measure] ?? '').length + 1) as FigureName };
};

const isFigure = (name: string): boolean => (figureNames as readonly string[]).includes(name);
