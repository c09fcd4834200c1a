import type { Entity } from '@muster/model';
import type { Gateway } from '../gateway.ts';
import { parseQueryInteger } from '../parse-headers.ts';
import { limitsOf } from '../parse-page.ts';
import type { Query } from '../parse-past.ts';
import { unavailable } from '../problem.ts';
import { listThings } from '../read-set.ts';
import type { Row } from './diff-rows.ts';
import type { ParsedSource, Source } from './source.ts';

/** Parses the parameters of a list in the plain order that is to be live: partition, then id. */
export const plainListSource = (gateway: Gateway, entity: Entity, query: Query): ParsedSource => {
  const offset = parseQueryInteger(query, 'offset', 0, 0, Number.MAX_SAFE_INTEGER);
  const { usual, most } = limitsOf(entity);
  const limit = parseQueryInteger(query, 'limit', usual, 1, most);
  const faults = [offset, limit].flatMap((one) => (one.kind === 'faults' ? one.faults : []));
  if (offset.kind === 'faults' || limit.kind === 'faults') return { kind: 'faults', faults };
  return { kind: 'source', source: openSource(gateway, entity, offset.value ?? 0, limit.value ?? usual) };
};

const openSource = (gateway: Gateway, entity: Entity, offset: number, limit: number): Source => ({
  key: `plain ${entity.name} ${offset} ${limit}`,
  ...{ entity, id: undefined, rowName: 'id', needs: 'both' },
  read: async (freshness) => {
    const page = await listThings(gateway, entity, offset, limit, freshness);
    if (page.kind === 'unavailable')
      return { kind: 'problem', problem: unavailable(`Cannot list ${entity.name}s: ${page.why}`) };
    const rows = (JSON.parse(page.json) as { id: string }[]).map(
      (item): Row => ({ name: JSON.stringify(item.id), json: JSON.stringify(item), keys: [] }),
    );
    return { kind: 'shown', rows, more: offset + rows.length < page.total, total: undefined, about: page.about };
  },
  mayChange: ({ rows }, { entityId }, change) => {
    const name = JSON.stringify(entityId);
    if (rows.some((row) => row.name === name)) return true;
    if (!change) return 'unclear';
    if (change.kind === 'unclear' || !change.before) return true;
    return (change.before.status === 'active') !== (change.after.status === 'active');
  },
});
