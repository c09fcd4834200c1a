import type { Entity, Fields } from '@muster/model';
import type { Gateway } from './gateway.ts';
import type { ListRequest } from './parse-list.ts';
import type { About } from './partition-counts.ts';
import { queryThings, type Start } from './query-things.ts';

/** Some things as clients see them, with what is known of the page, or why no more can be read. */
export type WalkedPage = { kind: 'things'; things: Fields[]; about: About } | { kind: 'unavailable'; why: string };

const pageSize = 500;

/** Reads all things of an entity in the order of their ids, page by page. Ends after a page that is unavailable. */
export async function* walkThings(gateway: Gateway, entity: Entity): AsyncGenerator<WalkedPage, void> {
  const list: ListRequest = {
    ...{ filters: [], sort: [{ field: 'id', descending: false }], fields: undefined, total: false },
    page: { kind: 'cursor', limit: pageSize, after: undefined, before: undefined },
  };
  for (let start: Start = { kind: 'offset', offset: 0 }; ; ) {
    const page = await queryThings(gateway, entity, list, start);
    if (page.kind !== 'listed') return yield { kind: 'unavailable', why: page.why };
    yield { kind: 'things', things: page.items.map(({ json }) => JSON.parse(json)), about: page.about };
    const last = page.items.at(-1);
    if (!page.more || !last) return;
    start = { kind: 'after', keys: last.keys };
  }
}
