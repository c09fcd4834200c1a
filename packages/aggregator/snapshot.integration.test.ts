import { openLogger, openMetrics } from '@muster/runtime';
import { covers, type Log, readCheckpoints, type StoredEvent, scanRecords, watchLog } from '@muster/store';
import { note, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { type Aggregator, openAggregator } from './aggregator.ts';
import { seeHeartbeat } from './heart.ts';
import { beat, beginMembership, join } from './membership.ts';
import { parseAggregatorSettings } from './settings.ts';
import { saveSnapshot } from './snapshot.ts';
import { holdPartitions, own, serve } from './table.ts';
import { takeAtOnce } from './take-event.ts';

const things = 300; // more than one batch of records

describe('A snapshot', () => {
  it('saves what changes while it is saved with the mark of the next one, which then writes no record', async () => {
    await using log = await openTestLog();
    const aggregator = await openOwner(log);
    for (let thing = 0; thing < things; thing += 1) takeAtOnce(aggregator, eventOf(thing, 1));
    const first = saveSnapshot(aggregator, [0]);
    for (let thing = 0; thing < things; thing += 1) takeAtOnce(aggregator, eventOf(thing, 2));
    expect(await first).to.equal('saved');
    const before = await readSaved(log);
    expect(before.versions).to.be.above(before.events);
    // each record of version 2 is ahead of the checkpoint, and says so
    expect(before.versions + before.covered).to.equal(2 * things);
    expect(await saveSnapshot(aggregator, [0])).to.equal('saved');
    expect(await readSaved(log)).to.deep.equal({ versions: 2 * things, events: 2 * things, covered: things });
  });
});

/** The sums of the versions in the records and in the checkpoint, and how many records the checkpoint covers. */
const readSaved = async (log: Log) => {
  const checkpoint = (await readCheckpoints(log, [0], 5_000)).get(0);
  const saved = { versions: 0, events: checkpoint?.events ?? 0, covered: 0 };
  for await (const { version, snapshot } of scanRecords(log, note, [0])) {
    saved.versions += version;
    if (checkpoint && covers(checkpoint.snapshot, snapshot)) saved.covered += 1;
  }
  return saved;
};

const eventOf = (thing: number, version: number): StoredEvent => ({
  ...{ _id: `${thing}-${version}`, entity: note.name, entityId: `note-${thing}`, version, partition: 0 },
  ...{ type: version === 1 ? 'NoteCreated' : 'NoteUpdated', data: { text: 'a', stars: version }, at: new Date() },
  meta: { requestId: 'test' },
});

/** Opens an aggregator that owns partition 0 and has seen a heartbeat of its own. */
const openOwner = async (log: Log): Promise<Aggregator> => {
  const name = 'aggregator-0';
  const parsed = parseAggregatorSettings({
    MONGODB_URI: 'mongodb://127.0.0.1/',
    CLUSTER_SECRET: 'a secret of the tests',
  });
  if (parsed.kind !== 'settings') throw new Error(parsed.problems.join());
  const about = { name, logger: openLogger(name, 'silent'), registry: openMetrics(name) };
  const aggregator = openAggregator({ ...about, settings: parsed.settings, entities: [note], log });
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
  return aggregator;
};
