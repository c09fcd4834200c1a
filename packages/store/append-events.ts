import { failpoint, noticed } from '@muster/runtime';
import { BSON, type MongoBulkWriteError } from 'mongodb';
import { isPartial, wasNeverSent, wasRefused } from './bulk-error.ts';
import type { StoredEvent } from './documents.ts';
import { logIdOf, noteAppended, proveLog } from './guard-log.ts';
import type { LogId } from './log-guard.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * What became of an append. `conflict`: another event has that version. `notWritten`: it is not in the log and never
 * will be. `unknown`: it was sent and no answer came in time; whether it is stored shows only in the log.
 */
export type Appended =
  | { kind: 'appended' }
  | { kind: 'conflict' }
  | { kind: 'notWritten'; why: string }
  | { kind: 'unknown'; why: string };

/** The appends of this process that wait or are under way. A plain value, changed in this file only. */
export type AppendQueue = {
  waiting: Append[];
  inFlight: number; // batches
  resting: boolean; // the database did not take the last batch: nothing leaves the queue until it answers again
  batches: number; // sent since the start
  limits: AppendLimits;
};

export type AppendLimits = { lanes: number; batchEventsMax: number; batchBytesMax: number; waitingMax: number };

type Append = {
  event: StoredEvent;
  logId: LogId | undefined; // of the log that its state was read from
  bytes: number;
  sent: boolean;
  // the server refused its batch as a whole, perhaps for one event: it goes by itself, so that the others do not suffer
  alone: boolean;
  settled: boolean;
  settle: (outcome: Appended) => void;
};

export const openAppendQueue = (limits: Partial<AppendLimits> = {}): AppendQueue => ({
  waiting: [],
  inFlight: 0,
  resting: false,
  batches: 0,
  limits: { lanes: 2, batchEventsMax: 500, batchBytesMax: 4 * 1024 * 1024, waitingMax: 10_000, ...limits },
});

/**
 * Appends one event at its version, together with whatever else waits (group commit: what comes while batches are in
 * flight forms the next one; no timer). Answers within `deadlineMs` milliseconds; past it the event is never sent, or
 * sent again. `logId` names the log that the event was decided on; in another one it is not written. Never throws.
 */
export const append = (
  log: Log,
  queue: AppendQueue,
  event: StoredEvent,
  deadlineMs: number,
  logId = logIdOf(log),
): Promise<Appended> =>
  new Promise((resolve) => {
    if (deadlineMs <= 0) return resolve({ kind: 'notWritten', why: 'its deadline has passed' });
    const bytes = sizeOf(event);
    if (bytes === undefined) return resolve({ kind: 'notWritten', why: 'the event cannot be written as a document' });
    if (isFull(queue)) return resolve({ kind: 'notWritten', why: `${queue.limits.waitingMax} appends wait already` });
    const one: Append = { event, logId, bytes, sent: false, alone: false, settled: false, settle: () => undefined };
    const timer = setTimeout(() => one.settle(lateOutcome(one, deadlineMs)), deadlineMs);
    one.settle = (outcome) => {
      if (one.settled) return;
      one.settled = true;
      clearTimeout(timer);
      resolve(outcome);
    };
    queue.waiting.push(one);
    pump(log, queue);
  });

const isFull = (queue: AppendQueue): boolean => {
  if (queue.waiting.length < queue.limits.waitingMax) return false;
  queue.waiting = queue.waiting.filter((one) => !one.settled); // those past their deadline only stand there
  return queue.waiting.length >= queue.limits.waitingMax;
};

const lateOutcome = (one: Append, deadlineMs: number): Appended => {
  const why = `no answer from the database within ${Math.round(deadlineMs)} ms`;
  return one.sent ? { kind: 'unknown', why } : { kind: 'notWritten', why };
};

const pump = (log: Log, queue: AppendQueue) => {
  while (!queue.resting && queue.inFlight < queue.limits.lanes) {
    const batch = takeBatch(log, queue);
    if (batch.length === 0) return;
    queue.inFlight += 1;
    queue.batches += 1;
    void commit(log, queue, batch).finally(() => {
      queue.inFlight -= 1;
      pump(log, queue);
    });
  }
};

const takeBatch = (log: Log, queue: AppendQueue): Append[] => {
  const batch: Append[] = [];
  let bytes = 0;
  let taken = 0;
  for (const one of queue.waiting) {
    const isWhole = batch.length >= queue.limits.batchEventsMax || bytes + one.bytes > queue.limits.batchBytesMax;
    // a first one goes, however large: else it would stand before all others for ever
    if (batch.length > 0 && (isWhole || one.alone)) break;
    taken += 1;
    if (one.logId !== logIdOf(log)) settleReplaced([one]); // the log was replaced while it waited
    if (one.settled) continue; // or its deadline passed
    batch.push(one);
    bytes += one.bytes;
    if (one.alone) break;
  }
  queue.waiting.splice(0, taken);
  return batch;
};

const commit = async (log: Log, queue: AppendQueue, batch: Append[]) => {
  const isSame = await Promise.resolve(proveLog(log)).catch(() => undefined);
  if (isSame === undefined) return sendAgain(log, queue, batch);
  if (!isSame) return settleReplaced(batch);
  const due = batch.filter((one) => !one.settled); // the deadline of some may have passed during the proof
  if (due.length > 0) await send(log, queue, due);
};

const send = async (log: Log, queue: AppendQueue, batch: Append[]) => {
  const sentBefore = new Set(batch.filter((one) => one.sent));
  if (batch.length > 1) noticed('append:together');
  for (const one of batch) one.sent = true;
  try {
    const events = batch.map((one) => one.event);
    const written = handlesOf(log).events.insertMany(events, { ordered: false });
    await withinDeadline(written, sendDeadlineMs, `append ${events.length} events`);
    await failpoint('append:after-send');
    for (const one of batch.slice(-1)) noteAppended(log, one.event._id);
    for (const one of batch) one.settle({ kind: 'appended' });
  } catch (error) {
    if (isPartial(error)) return settlePartly(log, queue, batch, sentBefore, error);
    if (wasNeverSent(error)) for (const one of batch) one.sent = sentBefore.has(one);
    if (wasRefused(error)) for (const one of batch) one.alone = true;
    await sendAgain(log, queue, batch);
  }
};

// an append whose predecessor is not in the log is no append, and one without the unique index proves nothing
const settleReplaced = (batch: readonly Append[]) => {
  const why = 'the log was dropped or replaced while this process ran; it starts anew on the log that is there now';
  for (const one of batch) one.settle({ kind: one.sent ? 'unknown' : 'notWritten', why });
};

const sendDeadlineMs = 3_000; // then the batch counts as unknown, and its lane is free for a server that answers

// some events failed by themselves, the others are stored
const settlePartly = async (
  log: Log,
  queue: AppendQueue,
  batch: Append[],
  sentBefore: ReadonlySet<Append>,
  error: MongoBulkWriteError,
) => {
  const failed = new Map(error.result.getWriteErrors().map((one) => [one.index, one]));
  const taken: Append[] = [];
  if (failed.size < batch.length) noticed('append:partly');
  for (const [index, one] of batch.entries()) {
    const failure = failed.get(index);
    if (!failure) one.settle({ kind: 'appended' });
    else if (failure.code === 11000 || sentBefore.has(one))
      taken.push(one); // an earlier try may have got through
    else one.settle({ kind: 'notWritten', why: failure.errmsg ?? `the database refused it with code ${failure.code}` });
  }
  await Promise.all(taken.map((one) => settleTaken(log, queue, one)));
};

/**
 * A duplicate key says that the version is taken, perhaps by ourselves in an earlier try: which index a server names
 * differs, so the stream decides. Where nothing is seen there yet, the same event goes in again until something is, or
 * until the deadline.
 */
const settleTaken = async (log: Log, queue: AppendQueue, one: Append) => {
  const { entity, entityId, version } = one.event;
  try {
    const other = await withinDeadline(
      handlesOf(log).events.findOne({ entity, entityId, version }, { projection: { _id: 1 } }),
      lookDeadlineMs,
      'look who has the version',
    );
    if (!other) putBack(queue, [one]);
    else one.settle(other._id === one.event._id ? { kind: 'appended' } : { kind: 'conflict' });
  } catch {
    await sendAgain(log, queue, [one]);
  }
};

const lookDeadlineMs = 1_000;

/** The same events, with the same ids, go in again once the database answers. */
const sendAgain = async (log: Log, queue: AppendQueue, batch: Append[]) => {
  putBack(queue, batch);
  await rest(log, queue);
};

const putBack = (queue: AppendQueue, batch: Append[]) => {
  queue.waiting.unshift(...batch.filter((one) => !one.settled));
};

/** Holds the queue until the database answers a ping: what was never sent meanwhile can be called not written. */
const rest = async (log: Log, queue: AppendQueue) => {
  if (queue.resting) return;
  queue.resting = true;
  try {
    while (queue.waiting.some((one) => !one.settled)) {
      await new Promise((resolve) => setTimeout(resolve, pingPauseMs));
      const answered = await withinDeadline(
        handlesOf(log).db.command({ ping: 1 }),
        pingDeadlineMs,
        'ping the database',
      ).then(
        () => true,
        () => false,
      );
      if (answered) return;
    }
  } finally {
    queue.resting = false;
  }
};

const pingDeadlineMs = 500;
const pingPauseMs = 50;

/** The bytes of an event as a document; undefined when it cannot be one, which would fail the whole batch. */
const sizeOf = (event: StoredEvent): number | undefined => {
  try {
    return BSON.serialize(event).length;
  } catch {
    return undefined;
  }
};
