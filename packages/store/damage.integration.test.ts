import { randomUUID } from 'node:crypto';
import { at, note, openTestLog, storedNote } from '@muster/testing';
import { expect } from 'chai';
import { findHoles, findSharedVersions, LogDamaged } from './damage.ts';
import { ensureCollections } from './ensure-collections.ts';
import { handlesOf, type Log } from './open-log.ts';

const deadlineMs = 10_000;
const shape = { partitions: 4, hash: 'test' };

const eventAt = (entityId: string, version: number, minute = version) =>
  storedNote(
    { type: version === 1 ? 'NoteCreated' : 'NoteUpdated', version },
    { _id: randomUUID(), entityId, at: at(minute) },
  );

const withoutIndexes = async (): Promise<Log> => {
  const log = await openTestLog();
  await handlesOf(log).events.dropIndexes();
  return log;
};

describe('Searching a log for damage', function () {
  this.timeout(60_000);

  it('finds none in an intact log', async () => {
    await using log = await openTestLog();
    await handlesOf(log).events.insertMany([eventAt('a', 1), eventAt('a', 2), eventAt('b', 1)]);
    expect(await findSharedVersions(log, 10, deadlineMs)).to.deep.equal([]);
    expect(await findHoles(log, 10, deadlineMs)).to.deep.equal([]);
  });

  it('finds a version that two events share, and names the earlier event first', async () => {
    await using log = await withoutIndexes();
    const [late, early] = [eventAt('a', 1, 5), eventAt('a', 1, 3)];
    await handlesOf(log).events.insertMany([late, early, eventAt('a', 2), eventAt('b', 1)]);
    const [shared, ...others] = await findSharedVersions(log, 10, deadlineMs);
    expect(others).to.deep.equal([]);
    expect(shared).to.deep.include({ entity: 'note', entityId: 'a', version: 1 });
    expect(shared?.events.map(({ _id }) => _id)).to.deep.equal([early._id, late._id]);
  });

  it('finds a stream with missing versions, and names the first of them', async () => {
    await using log = await openTestLog();
    await handlesOf(log).events.insertMany([1, 2, 5, 6].map((version) => eventAt('a', version)));
    expect(await findHoles(log, 10, deadlineMs)).to.deep.equal([
      { entity: 'note', entityId: 'a', missing: 3, last: 6 },
    ]);
  });

  it('stops a start with an error that names the stream, the events, and what to do', async () => {
    await using log = await withoutIndexes();
    const [one, two] = [eventAt('a', 1), eventAt('a', 1)];
    await handlesOf(log).events.insertMany([one, two]);
    const failure = await ensureCollections(log, [note], shape).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(LogDamaged);
    for (const part of ['note "a" version 1', one._id, two._id, 'npm run repair'])
      expect(String(failure)).to.contain(part);
  });
});
