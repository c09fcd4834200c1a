import { randomUUID } from 'node:crypto';
import { openTestLog, storedEvents, storedNote, until } from '@muster/testing';
import { expect } from 'chai';
import { type Appended, type AppendQueue, append, openAppendQueue } from './append-events.ts';
import type { StoredEvent } from './documents.ts';
import { handlesOf, type Log, openLog } from './open-log.ts';

const deadlineMs = 5_000;
const data = { text: 'one', stars: 1 };

/** An event with a unique id, as a gateway creates it. */
const eventAt = (entityId: string, version: number): StoredEvent =>
  storedNote({ type: version === 1 ? 'NoteCreated' : 'NoteUpdated', version, data }, { _id: randomUUID(), entityId });

const appendAll = (log: Log, queue: AppendQueue, events: readonly StoredEvent[], withinMs = deadlineMs) =>
  Promise.all(events.map((event) => append(log, queue, event, withinMs)));

const kindsOf = (outcomes: readonly Appended[]) => outcomes.map(({ kind }) => kind);

const streams = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => eventAt(`${prefix}${n}`, 1));

/** Resolves when no append waits or runs, so that all sent events are answered. */
const isIdle = (queue: AppendQueue) => queue.inFlight === 0 && queue.waiting.length === 0 && !queue.resting;

describe('Appending to the log', function () {
  this.timeout(60_000);

  it('puts all events that wait during a batch into the next batch', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 2 });
    const outcomes = await appendAll(log, queue, streams('s', 100));
    expect(new Set(kindsOf(outcomes))).to.deep.equal(new Set(['appended']));
    expect(queue.batches).to.equal(3); // the first event, then 64 in the other lane, then all others together
    expect(await handlesOf(log).events.countDocuments()).to.equal(100);
  });

  it('gathers events that come faster than they are stored, so that fewer batches are sent', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 2 });
    const events = streams('s', 80);
    await appendAll(log, queue, events.splice(0, 20));
    const [before, startedAt] = [queue.batches, performance.now()];
    const appending = events.map(async (event, n) => {
      await new Promise((resolve) => setTimeout(resolve, n)); // one in each millisecond
      return append(log, queue, event, deadlineMs);
    });
    expect(new Set(kindsOf(await Promise.all(appending)))).to.deep.equal(new Set(['appended']));
    const batchesMax = Math.ceil((performance.now() - startedAt) / 4) + 1;
    expect(queue.batches - before).to.be.at.most(Math.min(batchesMax, events.length / 2));
  });

  it('sends the events of a client that writes one after the other at once, each alone', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 2 });
    for (const event of streams('s', 20)) {
      const appending = append(log, queue, event, deadlineMs);
      expect(queue.inFlight).to.equal(1);
      expect((await appending).kind).to.equal('appended');
      await until('the batch has ended', () => isIdle(queue));
    }
    expect(queue.batches).to.equal(20);
  });

  it('gives a version to one of two events in the same batch', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 1 });
    const [, ...outcomes] = await appendAll(log, queue, [eventAt('other', 1), eventAt('a', 1), eventAt('a', 1)]);
    expect(kindsOf(outcomes).sort()).to.deep.equal(['appended', 'conflict']);
    expect(await storedEvents(log, 'a')).to.have.length(1);
  });
});

describe('The append queue', function () {
  this.timeout(60_000);

  it('refuses events above its limit at once', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 1, waitingMax: 2 });
    const outcomes = await appendAll(log, queue, streams('s', 5));
    expect(kindsOf(outcomes)).to.deep.equal(['appended', 'appended', 'appended', 'notWritten', 'notWritten']);
    expect(await handlesOf(log).events.countDocuments()).to.equal(3);
  });

  it('does not count events whose deadline has passed', async () => {
    await using nowhere = openLog({
      uri: 'mongodb://127.0.0.1:1/?replicaSet=nobody',
      database: 'muster',
      appName: 'test',
    });
    const queue = openAppendQueue({ lanes: 1, waitingMax: 2 });
    await appendAll(nowhere, queue, streams('late', 3), 50);
    const startedAt = performance.now();
    const outcomes = await appendAll(nowhere, queue, streams('next', 2), 200);
    expect(performance.now() - startedAt).to.be.above(150); // the events waited: none was refused at once
    expect(kindsOf(outcomes)).to.deep.equal(['notWritten', 'notWritten']);
    await until('the queue is idle', () => isIdle(queue));
  });

  it('refuses an event that cannot be encoded, and appends the others', async () => {
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

  it('limits the number of events in a batch', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 1, batchEventsMax: 5 });
    await appendAll(log, queue, streams('s', 11));
    expect(queue.batches).to.equal(3);
  });

  it('limits the bytes in a batch, and sends a larger event alone', async () => {
    await using log = await openTestLog();
    const queue = openAppendQueue({ lanes: 1, batchBytesMax: 5_000 });
    const long = { ...eventAt('long', 1), data: { text: 'x'.repeat(10_000), stars: 1 } };
    const events = [...streams('s', 4), long, ...streams('t', 4)];
    const outcomes = await appendAll(log, queue, events, 2_000);
    expect(new Set(kindsOf(outcomes))).to.deep.equal(new Set(['appended']));
    expect(queue.batches).to.be.within(4, 5); // the first event, those before the long one, the long one, the rest
  });
});
