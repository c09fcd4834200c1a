import { randomUUID } from 'node:crypto';
import { absent } from '@muster/model';
import {
  note,
  openLogOn,
  openOwnServer,
  openTestLog,
  reopenServer,
  storedEvents,
  storedNote,
  until,
} from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Appended, type AppendQueue, append, openAppendQueue } from './append-events.ts';
import type { StoredEvent } from './documents.ts';
import { type Log, openLog } from './open-log.ts';
import { catchUpState } from './read-stream.ts';
import { withinDeadline } from './within-deadline.ts';

const deadlineMs = 5_000;
const data = { text: 'one', stars: 1 };

/** An event with an id of its own, as a gateway would make it. */
const eventAt = (entityId: string, version: number): StoredEvent =>
  storedNote({ kind: version === 1 ? 'created' : 'updated', version, data }, { _id: randomUUID(), entityId });

const appendAll = (log: Log, queue: AppendQueue, events: readonly StoredEvent[], withinMs = deadlineMs) =>
  Promise.all(events.map((event) => append(log, queue, event, withinMs)));

const kindsOf = (outcomes: readonly Appended[]) => outcomes.map(({ kind }) => kind);

const streams = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => eventAt(`${prefix}${n}`, 1));

/** Nothing is under way any more: what was ever sent has been answered. */
const isIdle = (queue: AppendQueue) => queue.inFlight === 0 && queue.waiting.length === 0 && !queue.resting;

describe('Appending to the log', function () {
  this.timeout(60_000);

  it('stores an event as it is', async () => {
    await using log = await openTestLog();
    const event = eventAt('a', 1);
    expect(await append(log, openAppendQueue(), event, deadlineMs)).to.deep.equal({ kind: 'appended' });
    expect(await storedEvents(log)).to.deep.equal([event]);
  });

  it('puts what waits while batches are in flight into the next one', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 2 });
    const outcomes = await appendAll(log, queue, streams('s', 100));
    expect(new Set(kindsOf(outcomes))).to.deep.equal(new Set(['appended']));
    expect(queue.batches).to.equal(3); // the first alone, the second alone in the other lane, all others together
    expect(await log.events.countDocuments()).to.equal(100);
  });

  it('gives each event of a batch its own result, with a conflict in the middle', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 1 });
    await log.events.insertOne(eventAt('s50', 1)); // somebody was faster
    const events = streams('s', 100);
    const outcomes = await appendAll(log, queue, events);
    expect(queue.batches).to.equal(2);
    expect(kindsOf(outcomes)).to.deep.equal(
      events.map(({ entityId }) => (entityId === 's50' ? 'conflict' : 'appended')),
    );
    expect(await log.events.countDocuments()).to.equal(100);
  });

  it('gives a version to one of two in the same batch', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 1 });
    const [, ...outcomes] = await appendAll(log, queue, [eventAt('other', 1), eventAt('a', 1), eventAt('a', 1)]);
    expect(kindsOf(outcomes).sort()).to.deep.equal(['appended', 'conflict']);
    expect(await storedEvents(log, 'a')).to.have.length(1);
  });

  it('takes its own event, stored by a try whose answer was lost, for appended', async () => {
    await using log = await openTestLog();
    const event = eventAt('a', 1);
    await log.events.insertOne(event);
    const outcomes = await appendAll(log, openAppendQueue({ lanes: 1 }), [...streams('s', 3), event, eventAt('a', 1)]);
    expect(kindsOf(outcomes)).to.deep.equal(['appended', 'appended', 'appended', 'appended', 'conflict']);
    expect(await storedEvents(log, 'a')).to.deep.equal([event]);
  });

  it('never sends an event whose deadline has passed', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue();
    for (const passed of [0, -5])
      expect((await append(log, queue, eventAt('a', 1), passed)).kind).to.equal('notWritten');
    expect(queue.batches).to.equal(0);
  });

  it('any interleaving of writers gives dense versions', async () => {
    await using log = await openTestLog();
    await using otherLog = await openTestLog();
    // another process on the same database
    const shared: Log = { ...otherLog, events: otherLog.client.db(log.db.databaseName).collection('Events') };
    const writers = fc.array(
      fc.record({ events: fc.integer({ min: 1, max: 6 }), lanes: fc.integer({ min: 1, max: 3 }), other: fc.boolean() }),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(writers, async (several) => {
        const id = randomUUID();
        const written = await Promise.all(
          several.map(({ events, lanes, other }) =>
            write(other ? shared : log, openAppendQueue({ lanes }), id, events),
          ),
        );
        const stored = await storedEvents(log, id);
        const ids = written.flat();
        expect(stored.map(({ version }) => version)).to.deep.equal(ids.map((_, index) => index + 1));
        expect(new Set(stored.map(({ _id }) => _id))).to.deep.equal(new Set(ids));
      }),
      { numRuns: 15 },
    );
  });
});

describe('The append queue', function () {
  this.timeout(60_000);

  it('takes no more than its cap, and says so at once', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 1, waitingMax: 2 });
    const outcomes = await appendAll(log, queue, streams('s', 5));
    expect(kindsOf(outcomes)).to.deep.equal(['appended', 'appended', 'appended', 'notWritten', 'notWritten']);
    expect(await log.events.countDocuments()).to.equal(3);
  });

  it('does not count those whose deadline has passed', async () => {
    await using nowhere = openLog({
      uri: 'mongodb://127.0.0.1:1/?replicaSet=nobody',
      database: 'muster',
      appName: 'test',
    });
    const queue = openAppendQueue({ lanes: 1, waitingMax: 2 });
    await appendAll(nowhere, queue, streams('late', 3), 50);
    const startedAt = performance.now();
    const outcomes = await appendAll(nowhere, queue, streams('next', 2), 200);
    expect(performance.now() - startedAt).to.be.above(150); // they waited, none was refused at once
    expect(kindsOf(outcomes)).to.deep.equal(['notWritten', 'notWritten']);
    await until('the queue is idle', () => isIdle(queue));
  });

  it('refuses an event that cannot be a document, and it alone', async () => {
    await using log = await openTestLog();
    const circle: Record<string, unknown> = {};
    circle.circle = circle;
    const queue = openAppendQueue({ lanes: 1 });
    const outcomes = await appendAll(log, queue, [
      ...streams('s', 3),
      { ...eventAt('bad', 1), data: circle },
      eventAt('good', 1),
    ]);
    expect(kindsOf(outcomes)).to.deep.equal(['appended', 'appended', 'appended', 'notWritten', 'appended']);
  });

  it('sends no more events at once than its cap', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 1, batchEventsMax: 5 });
    await appendAll(log, queue, streams('s', 11));
    expect(queue.batches).to.equal(3);
  });

  it('sends no more bytes at once than its cap, but an event that is larger alone', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 1, batchBytesMax: 5_000 });
    const long = { ...eventAt('long', 1), data: { text: 'x'.repeat(10_000), stars: 1 } };
    const events = [...streams('s', 4), long, ...streams('t', 4)];
    const outcomes = await appendAll(log, queue, events, 2_000);
    expect(new Set(kindsOf(outcomes))).to.deep.equal(new Set(['appended']));
    expect(queue.batches).to.be.within(4, 5); // the first, the others before the long one, that one, the rest
  });
});

describe('Appending to a server that fails', function () {
  this.timeout(60_000);

  it('that is gone says notWritten, which is never written later, and goes on when it is back', async () => {
    await using server = await openOwnServer();
    await using log = await openLogOn(server);
    const queue = openAppendQueue();
    expect((await append(log, queue, eventAt('before', 1), deadlineMs)).kind).to.equal('appended');
    server.spawned.child.kill('SIGKILL');
    await server.spawned.exited;
    const first = append(log, queue, eventAt('first', 1), 20_000); // of a batch that fails: it goes again
    const startedAt = performance.now();
    const outcomes = await appendAll(log, queue, streams('lost', 20), 1_500);
    expect(performance.now() - startedAt).to.be.below(3_000);
    expect(new Set(kindsOf(outcomes))).to.deep.equal(new Set(['notWritten']));
    const waiting = append(log, queue, eventAt('waiting', 1), 20_000);
    await using _again = await reopenServer(server);
    expect(kindsOf(await Promise.all([first, waiting]))).to.deep.equal(['appended', 'appended']);
    await until('the queue is idle', () => isIdle(queue));
    expect((await storedEvents(log)).map(({ entityId }) => entityId)).to.deep.equal(['before', 'first', 'waiting']);
  });

  it('that is paused answers within the deadline, and what it said is so once it goes on', async () => {
    await using server = await openOwnServer();
    await using log = await openLogOn(server);
    const queue = openAppendQueue({ lanes: 2 });
    await append(log, queue, eventAt('before', 1), deadlineMs);
    await stopServer(server.pid, log);
    const startedAt = performance.now();
    const events = streams('s', 20);
    const outcomes = await appendAll(log, queue, events, 500);
    expect(performance.now() - startedAt).to.be.within(450, 2_000);
    // one is under way in each lane, the others never were
    expect(kindsOf(outcomes)).to.deep.equal(events.map((_, n) => (n < 2 ? 'unknown' : 'notWritten')));
    process.kill(server.pid, 'SIGCONT');
    expect((await append(log, queue, eventAt('after', 1), deadlineMs)).kind).to.equal('appended');
    await until('the queue is idle', () => isIdle(queue));
    const stored = new Set((await storedEvents(log)).map(({ entityId }) => entityId));
    for (const [n, { entityId }] of events.entries())
      if (outcomes[n]?.kind === 'notWritten') expect([...stored]).not.to.include(entityId);
    expect([...stored]).to.include.members(['before', 'after']);
  });

  it('killed under load keeps every event that was appended, none that was notWritten, and dense versions', async () => {
    await using server = await openOwnServer();
    await using log = await openLogOn(server);
    const queue = openAppendQueue();
    const stop = new AbortController();
    const told = new Map<string, Appended['kind']>();
    const writers = Array.from({ length: 16 }, (_, n) => writeUntil(log, queue, `w${n}`, stop.signal, told));
    const count = (kind: Appended['kind']) => [...told.values()].filter((one) => one === kind).length;
    await until('some are written', () => count('appended') > 200);
    server.spawned.child.kill('SIGKILL');
    await server.spawned.exited;
    await until('some are not', () => count('notWritten') > 16);
    await using _again = await reopenServer(server);
    const before = count('appended');
    await until('it goes on', () => count('appended') > before + 200, 20_000);
    stop.abort();
    await Promise.all(writers);
    await until('the queue is idle', () => isIdle(queue));
    const stored = await storedEvents(log);
    const ids = new Set(stored.map(({ _id }) => _id));
    for (const [id, kind] of told) {
      if (kind === 'appended') expect(ids.has(id), 'an event that was appended is missing').to.equal(true);
      if (kind === 'notWritten') expect(ids.has(id), 'an event that was not written is there').to.equal(false);
    }
    for (let n = 0; n < 16; n += 1) {
      const versions = stored.filter(({ entityId }) => entityId === `w${n}`).map(({ version }) => version);
      expect(versions).to.deep.equal(versions.map((_, index) => index + 1));
    }
  });
});

/** Pauses the server, and waits until it really stands still: a signal takes its time. */
const stopServer = async (pid: number, { client }: Log) => {
  process.kill(pid, 'SIGSTOP');
  const isSilent = () =>
    withinDeadline(client.db('admin').command({ ping: 1 }), 100, 'ping').then(
      () => false,
      () => true,
    );
  await until('the server stands still', isSilent);
};

/**
 * One of several writers on one stream: what it decides on may be old, and then it looks and decides again. Gives the
 * ids of its events.
 */
const write = async (log: Log, queue: AppendQueue, id: string, count: number): Promise<string[]> => {
  const ids: string[] = [];
  let state = absent;
  while (ids.length < count) {
    const event = eventAt(id, state.version + 1);
    const { kind } = await append(log, queue, event, 20_000);
    if (kind === 'appended') ids.push(event._id);
    else if (kind !== 'conflict') expect.fail(kind);
    state = (await catchUpState(log, note, id, state, deadlineMs)).state;
  }
  return ids;
};

/** The only writer of its stream: it goes on after every failure from what the log says. */
const writeUntil = async (
  log: Log,
  queue: AppendQueue,
  id: string,
  signal: AbortSignal,
  told: Map<string, Appended['kind']>,
) => {
  let version = 0;
  while (!signal.aborted) {
    const event = eventAt(id, version + 1);
    const { kind } = await append(log, queue, event, 1_200);
    told.set(event._id, kind);
    if (kind === 'appended') version += 1;
    else version = (await lastVersion(log, id)) ?? version;
  }
};

const lastVersion = async (log: Log, entityId: string) => {
  const last = await log.events.findOne({ entityId }, { sort: { version: -1 } }).catch(() => undefined);
  return last === null ? 0 : last?.version;
};
