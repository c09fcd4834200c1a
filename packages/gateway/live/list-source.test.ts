import { absent, defineRecord, type State } from '@muster/model';
import { openLog, type StoredEvent } from '@muster/store';
import { expect } from 'chai';
import Joi from 'joi';
import { writeCursor } from '../cursor.ts';
import { openTestGateway } from '../test-gateway.ts';
import { parseListSource } from './list-source.ts';
import type { Shown } from './source.ts';

const book = defineRecord({
  name: 'book',
  title: 'Book',
  collection: 'Books',
  fields: { title: Joi.string(), pages: Joi.number() },
  indexes: ['title', 'pages'],
});
const at = new Date(0);
const stateOf = (title: string, pages = 1): State => ({
  ...{ status: 'active', version: 2, fields: { title, pages }, createdAt: at, updatedAt: at },
});
const deleted: State = { status: 'deleted', version: 2, createdAt: at, deletedAt: at };
const event = { entity: 'book', entityId: 'x', version: 2 } as StoredEvent;
/** A page with the titles d to f, after a thing with the title b. */
const page: Shown = {
  rows: ['d', 'e', 'f'].map((title) => ({ name: `"${title}"`, json: '{}', keys: [title, title] })),
  more: true,
  edge: ['b', 'b'],
};

describe('Whether an event may change a live list', () => {
  const log = openLog({ uri: 'mongodb://127.0.0.1:1', database: 'none', appName: 'test' }); // connects to nothing
  after(() => log[Symbol.asyncDispose]());
  const mayChange = (query: Record<string, string>, before: State | undefined, later: State, shown = page) => {
    const parsed = parseListSource(openTestGateway(log, [book]), book, query);
    if (parsed.kind === 'faults') throw new Error(JSON.stringify(parsed.faults));
    return parsed.source.mayChange(shown, event, { kind: 'change', before, after: later });
  };
  const sorted = { sort: 'title', limit: '3' };
  const offset = { ...sorted, offset: '2' };

  it('is not certain until it is known what the event did', () => {
    const parsed = parseListSource(openTestGateway(log, [book]), book, sorted);
    expect(parsed.kind === 'source' && parsed.source.mayChange(page, event, undefined)).to.equal('unclear');
    expect(mayChange(sorted, undefined, stateOf('z'))).to.equal(true);
    expect(parsed.kind === 'source' && parsed.source.mayChange(page, event, { kind: 'unclear' })).to.equal(true);
  });

  it('is so if the thing is on the page before or after', () => {
    for (const [before, later] of [
      [stateOf('e'), stateOf('e', 2)],
      [stateOf('e'), deleted],
      [absent, stateOf('e')],
      [stateOf('z'), stateOf('a')],
      [stateOf('e'), stateOf('z')],
    ] as const)
      expect(mayChange(sorted, before, later), JSON.stringify([before, later])).to.equal(true);
  });

  it('is not so if the thing stays behind a full page, or out of the filter', () => {
    expect(mayChange(sorted, stateOf('g'), stateOf('z'))).to.equal(false);
    expect(mayChange(sorted, absent, stateOf('g'))).to.equal(false);
    expect(mayChange(sorted, stateOf('g'), deleted)).to.equal(false);
    expect(mayChange(sorted, stateOf('g'), deleted, { ...page, more: false })).to.equal(true);
    const filtered = { ...sorted, 'filter[pages]': '3' };
    expect(mayChange(filtered, stateOf('e', 1), stateOf('e', 2))).to.equal(false);
    expect(mayChange(filtered, stateOf('e', 3), stateOf('e', 2))).to.equal(true);
    expect(mayChange(filtered, absent, stateOf('e', 3))).to.equal(true);
  });

  it('is so for every thing that comes or goes, if the total is shown', () => {
    const total = { ...sorted, total: 'true' };
    expect(mayChange(total, absent, stateOf('z'))).to.equal(true);
    expect(mayChange(total, stateOf('g'), stateOf('z'))).to.equal(false);
    // ahead of the cursor, where the page does not begin yet
    const scope = { entity: book, filters: [], sort: ['title', 'id'].map((field) => ({ field, descending: false })) };
    const cursor = writeCursor(openTestGateway(log, [book]).settings.CLUSTER_SECRET, scope, ['c', 'c']) ?? '';
    const behind = { sort: 'title', total: 'true', 'page[size]': '3', 'page[after]': cursor };
    expect(mayChange(behind, stateOf('a'), deleted)).to.equal(true);
    expect(mayChange({ ...behind, total: 'false' }, stateOf('a'), deleted)).to.equal(false);
  });

  it('is so on a page at an offset if a thing passes the one before the page, in either direction', () => {
    expect(mayChange(offset, stateOf('a'), stateOf('aa'))).to.equal(false); // still ahead
    expect(mayChange(offset, stateOf('a'), deleted)).to.equal(true);
    expect(mayChange(offset, absent, stateOf('a'))).to.equal(true);
    expect(mayChange(offset, stateOf('a'), stateOf('z'))).to.equal(true);
    expect(mayChange(offset, stateOf('z'), stateOf('a'))).to.equal(true);
    // it was the first row, and moved ahead while the page was read: the page shows neither
    expect(mayChange(offset, stateOf('c'), stateOf('a'))).to.equal(true);
  });
});
