import { compareRows, type Entity, keyOfThing, meetsAll, type State } from '@muster/model';
import type { Gateway } from '../gateway.ts';
import { startOf } from '../links.ts';
import { type ListRequest, parseList } from '../parse-list.ts';
import { isPlainList } from '../parse-page.ts';
import type { Query } from '../parse-past.ts';
import { notIndexed, unavailable } from '../problem.ts';
import { queryThings, type Start } from '../query-things.ts';
import { plainListSource } from './plain-list-source.ts';
import type { ParsedSource, Shown, Source } from './source.ts';

/** Parses the parameters of a list that is to be live. */
export const parseListSource = (gateway: Gateway, entity: Entity, query: Query): ParsedSource => {
  if (isPlainList(entity, query)) return plainListSource(gateway, entity, query);
  const parsed = parseList(entity, query);
  if (parsed.kind === 'faults') return parsed;
  const { list } = parsed;
  const scope = { entity, filters: list.filters, sort: list.sort };
  const start = startOf(gateway.settings.CLUSTER_SECRET, scope, list.page);
  if (start.kind === 'fault') return { kind: 'faults', faults: [start.fault] };
  return { kind: 'source', source: listSource(gateway, entity, list, start) };
};

const listSource = (gateway: Gateway, entity: Entity, list: ListRequest, start: Start): Source => ({
  key: `list ${entity.name} ${JSON.stringify([list, start])}`,
  ...{ entity, id: undefined, rowName: 'id', needs: 'both' },
  read: async (freshness) => {
    const page = await queryThings(gateway, entity, list, start, freshness);
    if (page.kind === 'refused') return { kind: 'problem', problem: notIndexed(page.why) };
    if (page.kind === 'unavailable')
      return { kind: 'problem', problem: unavailable(`Cannot list ${entity.name}s: ${page.why}`) };
    const rows = page.items.map(({ keys, json }) => ({ name: JSON.stringify(keys.at(-1)), json, keys }));
    const total = list.total ? page.total : undefined;
    return { kind: 'shown', rows, more: page.more, edge: page.edge, total, about: page.about };
  },
  mayChange: (shown, { entityId }, change) => {
    if (!change) return 'unclear';
    if (change.kind === 'unclear' || !change.before) return true;
    const [before, after] = [change.before, change.after].map((state) => regionOf(list, start, shown, entityId, state));
    if (list.total && meetsFilters(list, entityId, change.before) !== meetsFilters(list, entityId, change.after))
      return true;
    if (before === after) return before === 'in';
    return before === 'in' || after === 'in' || before === 'ahead' || after === 'ahead';
  },
});

/**
 * Where a thing is: not in the list, in it ahead of the rows of the page, among them, or behind them. Things on the
 * other side of a cursor count as out, as they do not matter for the page.
 */
type Region = 'out' | 'ahead' | 'in' | 'behind';

const regionOf = (list: ListRequest, start: Start, { edge, more, rows }: Shown, id: string, state: State): Region => {
  if (state.status !== 'active' || !meetsFilters(list, id, state)) return 'out';
  const { sort } = list;
  const keys = sort.map(({ field }) => keyOfThing(id, state, field));
  const [first, last] = [rows[0], rows.at(-1)];
  switch (start.kind) {
    case 'after':
      if (compareRows(sort, keys, start.keys) <= 0) return 'out';
      return more && last && compareRows(sort, keys, last.keys) > 0 ? 'behind' : 'in';
    case 'before':
      if (compareRows(sort, keys, start.keys) >= 0) return 'out';
      return more && first && compareRows(sort, keys, first.keys) < 0 ? 'behind' : 'in';
    case 'offset':
      // not by the first row: things between the edge and it may have moved while the page was read
      if (edge && compareRows(sort, keys, edge) <= 0) return 'ahead';
      return more && last && compareRows(sort, keys, last.keys) > 0 ? 'behind' : 'in';
  }
};

const meetsFilters = ({ filters }: ListRequest, id: string, state: State): boolean =>
  state.status === 'active' && meetsAll(filters, (field) => keyOfThing(id, state, field));
