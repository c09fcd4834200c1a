import { openLogger } from '@muster/runtime';
import { note, storedNote } from '@muster/testing';
import type { QueryQuestion } from '@muster/wire';
import { expect } from 'chai';
import type { Aggregator } from './aggregator.ts';
import { answerQuery } from './answer-query.ts';
import { openHeart } from './heart.ts';
import { openLongQueries } from './long-queries.ts';
import { applyEvent, openTable, own, serve, type Table } from './table.ts';

const partitions = [0, 1, 2, 3];
const entities = new Map([[note.name, note]]);

const question: QueryQuestion = {
  ...{ kind: 'query', entity: note.name, partitions, filters: [], shown: 'things', fields: undefined, total: false },
  sort: [
    { field: 'updatedAt', descending: true },
    { field: 'id', descending: false },
  ],
  ...{ after: undefined, limit: 50, minVersions: [], waitMs: 30_000 },
};

const put = (table: Table, partition: number, n: number, version: number, ms: number) => {
  const entityId = `${partition}-${n}`;
  const event = storedNote(
    version === 1
      ? { type: 'NoteCreated', version, data: { text: 'one', stars: n % 5 }, at: new Date(ms) }
      : { type: 'NoteUpdated', version, data: { stars: version % 5 }, at: new Date(ms) },
    { entityId, partition },
  );
  expect(applyEvent(table, entities, event, undefined).kind).to.equal('applied');
};

const openFilled = (each = 3_000) => {
  const table = openTable(partitions);
  for (const partition of partitions) for (let n = 0; n < each; n += 1) put(table, partition, n, 1, n);
  own(table, partitions);
  serve(table, [0, 1, 2], undefined);
  const parts = {
    entities,
    table,
    queries: openLongQueries(),
    heart: openHeart('a'),
    logger: openLogger('a', 'silent'),
  };
  return parts as unknown as Aggregator;
};

describe('A query in memory', () => {
  it('is answered for the partitions that are served, and for no others', async () => {
    const { answer, text } = await answerQuery(openFilled(), question);
    expect(answer.kind === 'queried' && answer.partitions).to.deep.equal([0, 1, 2]);
    expect(answer.kind === 'queried' && [answer.keys.length, answer.more]).to.deep.equal([50, true]);
    expect(text).to.match(/^\{"id":"0-2999","text":"one","stars":4\}\{"id":"1-2999"/);
  });

  it('is answered while events change what it finds at each moment', async () => {
    const each = 30_000; // more than can be counted in one turn
    const aggregator = openFilled(each);
    const stop = { now: false };
    let version = 1;
    const writing = (async () => {
      for (; !stop.now && version < 20_000; await new Promise(setImmediate)) {
        version += 1;
        for (let n = each - 40; n < each; n += 1) put(aggregator.table, 0, n, version, 1_000_000 + version);
      }
    })();
    for (let turn = 0; turn < 5; turn += 1) {
      // the number of all matches is counted one by one, in several turns
      const filters = Array.from({ length: 12 }, (_, ms) => {
        return { field: 'updatedAt', operator: 'ne' as const, keys: [new Date(turn + ms)] };
      });
      const { answer, text } = await answerQuery(aggregator, { ...question, filters, total: true });
      if (answer.kind !== 'queried') throw new Error(`Expected an answer, got ${answer.kind}`);
      const ids = [...text.matchAll(/"id":"([^"]*)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).to.equal(ids.length);
      expect(ids.length).to.be.above(5);
      expect(answer.keys.map(([, id]) => id)).to.deep.equal(ids);
    }
    stop.now = true;
    await writing;
    expect(version).to.be.above(5);
  });

  it('says that it has no answer yet when its time is up', async () => {
    const aggregator = openFilled(20_000); // more than are put in order in one turn
    expect((await answerQuery(aggregator, { ...question, waitMs: 0 })).answer.kind).to.equal('notYet');
    expect(aggregator.queries).to.deep.equal({ free: 2, waiting: new Set() });
  });

  it('has no answer for an index that it does not know', async () => {
    const sort = [{ field: 'stars', descending: true }, ...question.sort];
    expect((await answerQuery(openFilled(), { ...question, sort })).answer.kind).to.equal('notHere');
  });
});
