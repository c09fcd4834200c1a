import { randomUUID } from 'node:crypto';
import { note, openLogOn, openTestDatabase, storedEvents, storedNote, type TestDatabase, until } from '@muster/testing';
import { expect } from 'chai';
import { append, openAppendQueue } from './append-events.ts';
import { ensureCollections } from './ensure-collections.ts';
import { guardLog, inspectEveryMs, logIdOf, proveLog, provenForMs } from './guard-log.ts';
import { mendLog } from './keep-log.ts';
import { handlesOf, type Log } from './open-log.ts';

const deadlineMs = 5_000;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const shape = { partitions: 4, hash: 'test' };

const eventAt = (entityId: string, version: number) =>
  storedNote({ type: version === 1 ? 'NoteCreated' : 'NoteUpdated', version }, { _id: randomUUID(), entityId });

const isOld = (log: Log) => {
  const { inspectedAt, provenAt } = handlesOf(log).guard;
  return performance.now() - provenAt > provenForMs && performance.now() - inspectedAt > inspectEveryMs;
};

/** A log, and a queue of appends that are only for this log. */
const openGuarded = async (former?: TestDatabase) => {
  const database = former ?? (await openTestDatabase());
  const log = await openLogOn(database);
  guardLog(log, await ensureCollections(log, [note], shape));
  const queue = openAppendQueue();
  const proofIsOld = () => until('the last proof has expired', () => isOld(log));
  return {
    database,
    log,
    queue,
    proofIsOld,
    append: (event: ReturnType<typeof eventAt>) => append(log, queue, event, deadlineMs),
  };
};

/** Replaces the log as an operator does who restores a backup. */
const putBack = async (log: Log, events: readonly ReturnType<typeof eventAt>[]) => {
  await handlesOf(log).events.drop();
  await handlesOf(log).events.createIndexes([{ key: { entity: 1, entityId: 1, version: 1 }, unique: true }]);
  await handlesOf(log).events.insertMany([...events]);
};

describe('A log that is dropped or replaced under a process', function () {
  this.timeout(60_000);

  it('accepts appends while it is the same', async () => {
    const { log, append } = await openGuarded();
    await using _ = log;
    for (const version of [1, 2, 3]) expect(await append(eventAt('a', version))).to.deep.equal({ kind: 'appended' });
    expect(await proveLog(log)).to.equal(true);
  });

  it('accepts no append after it was dropped, so no two events share a version', async () => {
    const { log, append, proofIsOld } = await openGuarded();
    await using _ = log;
    await append(eventAt('a', 1));
    await proofIsOld();
    await handlesOf(log).db.dropDatabase();
    const outcomes = [await append(eventAt('b', 1)), await append(eventAt('b', 1)), await append(eventAt('b', 1))];
    expect(outcomes.map(({ kind }) => kind)).not.to.include('appended');
    expect((await storedEvents(log, 'b')).length).to.be.at.most(1);
    expect(outcomes.at(-1)?.kind).to.equal('notWritten');
  });

  it('never receives an append whose deadline passed during the proof', async () => {
    const { log, queue, append: appendGuarded } = await openGuarded();
    await using _ = log;
    await appendGuarded(eventAt('a', 1));
    let answer: (isSame: boolean) => void = () => undefined;
    const proving = new Promise<boolean>((resolve) => {
      answer = resolve; // the database answers late
    });
    Object.assign(handlesOf(log).guard, {
      provenAt: Number.NEGATIVE_INFINITY,
      inspectedAt: Number.NEGATIVE_INFINITY,
      proving,
    });
    expect((await append(log, queue, eventAt('a', 2), 50)).kind).to.equal('notWritten');
    answer(true);
    await until('the batch has finished', () => queue.inFlight === 0);
    expect((await storedEvents(log, 'a')).map(({ version }) => version)).to.deep.equal([1]);
  });

  it('accepts no append of several processes after it was dropped: none recreates it without its index', async () => {
    const { database, log, append: appendHere, proofIsOld } = await openGuarded();
    await using _ = log;
    const { log: other, append: appendThere } = await openGuarded(database);
    await using __ = other;
    await until('the other proof has expired', () => isOld(other));
    await proofIsOld();
    await handlesOf(log).db.dropDatabase();
    const outcomes = [await appendHere(eventAt('a', 1)), await appendThere(eventAt('a', 1))];
    expect(outcomes.map(({ kind }) => kind)).to.deep.equal(['notWritten', 'notWritten']);
    expect(await storedEvents(log, 'a')).to.deep.equal([]);
    await ensureCollections(log, [note], shape);
  });

  it('accepts no append while its unique index is missing', async () => {
    const { log, append, proofIsOld } = await openGuarded();
    await using _ = log;
    await append(eventAt('a', 1));
    await proofIsOld();
    const [unique] = (await handlesOf(log).events.indexes()).filter((index) => index.unique);
    await handlesOf(log).events.dropIndex(unique?.name ?? '');
    const outcomes = [await append(eventAt('b', 1)), await append(eventAt('b', 1))];
    expect(outcomes.map(({ kind }) => kind)).not.to.include('appended');
    expect((await storedEvents(log, 'b')).length).to.be.at.most(1);
  });

  it('accepts no append after a version that a restored backup does not have', async () => {
    const { log, append, proofIsOld } = await openGuarded();
    await using _ = log;
    const first = eventAt('a', 1);
    await append(first);
    for (const version of [2, 3, 4]) await append(eventAt('a', version));
    await proofIsOld();
    await putBack(log, [first]);
    expect((await append(eventAt('a', 5))).kind).to.equal('notWritten');
    expect((await storedEvents(log, 'a')).map(({ version }) => version)).to.deep.equal([1]);
  });

  it('accepts no append after its newest events were removed, and then counts as another log', async () => {
    const { log, append, proofIsOld } = await openGuarded();
    await using _ = log;
    for (const version of [1, 2, 3, 4]) await append(eventAt('a', version));
    await proofIsOld();
    await handlesOf(log).events.deleteMany({ version: { $gt: 1 } }); // as in an older copy of the files
    expect((await append(eventAt('a', 5))).kind).to.equal('notWritten');
    expect((await storedEvents(log, 'a')).map(({ version }) => version)).to.deep.equal([1]);

    const kept = { log, entities: [note], shape, logger: silent };
    const former = logIdOf(log);
    expect(await mendLog(kept), 'it is another log').to.equal(true);
    expect(await append(eventAt('a', 2))).to.deep.equal({ kind: 'appended' });
    expect(logIdOf(log)).not.to.equal(former);
  });

  it('accepts no append that was decided on the former log, even after it was prepared again', async () => {
    const { log, queue, proofIsOld } = await openGuarded();
    await using _ = log;
    const former = logIdOf(log);
    await proofIsOld();
    await handlesOf(log).events.drop();
    guardLog(log, await ensureCollections(log, [note], shape));
    expect((await append(log, queue, eventAt('a', 5), deadlineMs, former)).kind).to.equal('notWritten');
    expect(await storedEvents(log)).to.deep.equal([]);
  });

  it('accepts appends as another log after it is prepared', async () => {
    const { log, append, proofIsOld } = await openGuarded();
    await using _ = log;
    await append(eventAt('a', 1));
    await proofIsOld();
    await handlesOf(log).events.drop();
    await append(eventAt('b', 1));
    expect(guardLog(log, await ensureCollections(log, [note], shape)), 'it is another log').to.equal(true);
    expect(await append(eventAt('c', 1))).to.deep.equal({ kind: 'appended' });
  });
});
