import type { Entity } from '@muster/model';
import { openLogger, openMetrics } from '@muster/runtime';
import { append, type Log, openAppendQueue, type StoredEvent, watchLog } from '@muster/store';
import { note, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { type Aggregator, openAggregator } from './aggregator.ts';
import { seeHeartbeat } from './heart.ts';
import { beat, beginMembership, join } from './membership.ts';
import { parseAggregatorSettings } from './settings.ts';
import { saveSnapshot } from './snapshot.ts';
import { countActive, evictThings, holdPartitions, isInMemory, own, type Partition, serve } from './table.ts';
import { takeEvents } from './take-event.ts';

const entity: Entity = { ...note, keep: 1 };
const { signal } = new AbortController();

describe('Events of things of which few states stay in memory', () => {
  it('are counted once, also if a thing leaves memory while the record of another one is read', async () => {
    await using log = await openTestLog();
    const { aggregator, partition } = await openOwner(log);
    await takeEvents(aggregator, await write(log, ['a', 1], ['b', 1]), signal);
    expect(await saveSnapshot(aggregator, [0])).to.equal('saved');
    await takeEvents(aggregator, await write(log, ['a', 2]), signal);
    expect(await saveSnapshot(aggregator, [0])).to.equal('saved');
    evictThings(partition, entity, 1, Number.POSITIVE_INFINITY);
    expect([isInMemory(partition, entity.name, 'a'), isInMemory(partition, entity.name, 'b')]).to.deep.equal([
      true,
      false,
    ]);
    const taking = takeEvents(aggregator, await write(log, ['b', 2], ['a', 3]), signal);
    evictThings(partition, entity, 0, Number.POSITIVE_INFINITY); // while the record of b is read
    expect(isInMemory(partition, entity.name, 'a')).to.equal(false);
    await taking;
    expect([countActive(partition, entity.name), partition.events]).to.deep.equal([2, 5]);
  });

  it('are counted once, also if a thing leaves memory while a hole of another one is filled', async () => {
    await using log = await openTestLog();
    const { aggregator, partition } = await openOwner(log);
    await takeEvents(aggregator, await write(log, ['a', 1], ['b', 1]), signal);
    expect(await saveSnapshot(aggregator, [0])).to.equal('saved');
    const [, newest] = await write(log, ['b', 2], ['b', 3]); // the stream brings the newer one first
    const taking = takeEvents(aggregator, [newest as StoredEvent, ...(await write(log, ['a', 2]))], signal);
    await new Promise<void>((resolve) => setImmediate(resolve)); // the hole is being filled
    evictThings(partition, entity, 0, Number.POSITIVE_INFINITY);
    await taking;
    expect([countActive(partition, entity.name), partition.events]).to.deep.equal([2, 5]);
  });
});

/** Appends these events, by id and version. Returns them. */
const write = async (log: Log, ...events: readonly [id: string, version: number][]): Promise<StoredEvent[]> => {
  const queue = openAppendQueue();
  const stored = events.map(([id, version]) => eventOf(id, version));
  for (const event of stored) expect(await append(log, queue, event, 5_000)).to.deep.equal({ kind: 'appended' });
  return stored;
};

const eventOf = (id: string, version: number): StoredEvent => ({
  ...{ _id: `${id}-${version}`, entity: note.name, entityId: id, version, partition: 0 },
  ...{ type: version === 1 ? 'NoteCreated' : 'NoteUpdated', data: { text: 'a', stars: version }, at: new Date() },
  meta: { requestId: 'test' },
});

/** Opens an aggregator that owns partition 0 and has seen a heartbeat of its own. */
const openOwner = async (log: Log): Promise<{ aggregator: Aggregator; partition: Partition }> => {
  const name = 'aggregator-0';
  const parsed = parseAggregatorSettings({
    MONGODB_URI: 'mongodb://127.0.0.1/',
    CLUSTER_SECRET: 'a secret of the tests',
  });
  if (parsed.kind !== 'settings') throw new Error(parsed.problems.join());
  const about = { name, logger: openLogger(name, 'silent'), registry: openMetrics(name) };
  const aggregator = openAggregator({ ...about, settings: parsed.settings, entities: [entity], log });
  beginMembership(aggregator);
  await join(aggregator);
  const end = new AbortController();
  for await (const seen of watchLog(log, { partitions: [0], from: undefined, signal: end.signal, pauseMs: () => 10 })) {
    if (seen.kind === 'opened') await beat(aggregator);
    if (seen.kind === 'heartbeat' && seeHeartbeat(aggregator.heart, seen.heartbeat)) break;
  }
  holdPartitions(aggregator.table, [0]);
  serve(aggregator.table, [0], undefined);
  own(aggregator.table, [0]);
  const partition = aggregator.table.get(0);
  if (!partition) throw new Error('The aggregator lacks its partition');
  return { aggregator, partition };
};
