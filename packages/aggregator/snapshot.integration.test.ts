import { covers, type Log, readCheckpoints, type StoredEvent, scanRecords } from '@muster/store';
import { note, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { saveSnapshot } from './snapshot.ts';
import { takeAtOnce } from './take-event.ts';
import { openOwner } from './test-owner.ts';

const things = 300; // more than one batch of records

describe('A snapshot', () => {
  it('saves what changes while it is saved with the mark of the next one, which then writes no record', async () => {
    await using log = await openTestLog();
    const aggregator = await openOwner(log, note);
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
