import type { Entity, View } from '@muster/model';
import type { Gateway } from '../gateway.ts';
import { startOf } from '../links.ts';
import type { Query } from '../parse-past.ts';
import { parseView, type ViewRequest } from '../parse-view.ts';
import { tooMuch } from '../past-problems.ts';
import { unavailable } from '../problem.ts';
import type { Start } from '../query-things.ts';
import { readView } from '../read-view.ts';
import { tooManyGroups } from '../routes/view.ts';
import type { ParsedSource, Source } from './source.ts';

/** Parses the parameters of a view that is to be live. */
export const parseViewSource = (gateway: Gateway, entity: Entity, view: View, query: Query): ParsedSource => {
  const parsed = parseView(entity, view, query);
  if (parsed.kind === 'faults') return parsed;
  const { asked } = parsed;
  const scope = { entity: { name: `${entity.name}.${view.name}` }, filters: asked.filters, sort: asked.sort };
  const start = startOf(gateway.settings.CLUSTER_SECRET, scope, asked.page);
  if (start.kind === 'fault') return { kind: 'faults', faults: [start.fault] };
  return { kind: 'source', source: viewSource(gateway, entity, view, asked, start) };
};

const viewSource = (gateway: Gateway, entity: Entity, view: View, asked: ViewRequest, start: Start): Source => ({
  key: `view ${entity.name} ${view.name} ${JSON.stringify([asked, start])}`,
  ...{ entity, id: undefined, rowName: 'key', needs: 'after' },
  read: async (freshness) => {
    const what = `read the view ${view.name} of ${entity.name}s`;
    const page = await readView(gateway, entity, view, asked, start, freshness);
    if (page.kind === 'tooMany') return { kind: 'problem', problem: tooMuch(what, tooManyGroups(view, page.most)) };
    if (page.kind === 'unavailable') return { kind: 'problem', problem: unavailable(`Cannot ${what}: ${page.why}`) };
    const rows = page.items.map(({ keys, json }) => ({ name: nameOf(json), json, keys }));
    return { kind: 'shown', rows, more: page.more, total: undefined, about: page.about };
  },
  mayChange: () => true,
});

// the key as clients see it
const nameOf = (json: string): string => JSON.stringify((JSON.parse(json) as { key: unknown }).key);
