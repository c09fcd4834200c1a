import { failpoint, noticed } from '@muster/runtime';
import { BSON, type MongoBulkWriteError } from 'mongodb';
import { isPartial, wasNeverSent, wasRefused } from './bulk-error.ts';
import type { StoredEvent } from './documents.ts';
import { logIdOf, noteAppended, proveLog } from './guard-log.ts';
import type { LogId } from './log-guard.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * The outcome of an append:
 * - `appended`: the event is in the log.
 * - `conflict`: another event already has this version.
 * - `notWritten`: the event is not in the log and never will be.
 * - `unknown`: the event was sent, but no answer came in time. Only the log shows whether it is stored.
 */
export type Appended =
  | { kind: 'appended' }
  | { kind: 'conflict' }
  | { kind: 'notWritten'; why: string }
  | { kind: 'unknown'; why: string };

/** The waiting and running appends of this process. A plain value, changed only in this file. */
export type AppendQueue = {
  waiting: Append[];
  inFlight: number; // batches
  resting: boolean; // the last batch failed: nothing is sent until the database answers a ping
  batches: number; // sent since the start
  limits: AppendLimits;
};

export type AppendLimits = { lanes: number; batchEventsMax: number; batchBytesMax: number; waitingMax: number };

type Append = {
  event: StoredEvent;
  logId: LogId | undefined; // the log that its state was read from
  bytes: number;
  sent: boolean;
  // The server refused its whole batch, perhaps because of one event. Each event is then sent in a batch of its own.
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
 * Appends one event at its version, and returns the outcome within `deadlineMs` milliseconds. Never throws. Waiting
 * events share the next batch (group commit, without a timer). After the deadline the event is not sent again. `logId`
 * names the log that the event was decided on; the event is not written to any other log.
 */
export const append = (
  log: Log,
  queue: AppendQueue,
  event: StoredEvent,
  deadlineMs: number,
  logId = logIdOf(log),
): Promise<Appended> =>
  new Promise((resolve) => {
    if (deadlineMs <= 0) return resolve({ kind: 'notWritten', why: 'the deadline had passed before the append began' });
    const bytes = sizeOf(event);
    if (bytes === undefined) return resolve({ kind: 'notWritten', why: 'the event cannot be encoded as BSON' });
    if (isFull(queue))
      return resolve({ kind: 'notWritten', why: `the queue is full: ${queue.limits.waitingMax} appends wait` });
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
  queue.waiting = queue.waiting.filter((one) => !one.settled); // expired appends must not fill the queue
  return queue.waiting.length >= queue.limits.waitingMax;
};

const lateOutcome = (one: Append, deadlineMs: number): Appended => {
  const why = `the database did not answer within ${Math.round(deadlineMs)} ms`;
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
    const isFull = batch.length >= queue.limits.batchEventsMax || bytes + one.bytes > queue.limits.batchBytesMax;
    // The first event is always taken, whatever its size. Otherwise an event larger than the limit would block the
    // queue.
    if (batch.length > 0 && (isFull || one.alone)) break;
    taken += 1;
    if (one.logId !== logIdOf(log)) settleReplaced([one]); // the log was replaced while the event waited
    if (one.settled) continue; // its deadline has passed, or it was settled in the line above
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
  const due = batch.filter((one) => !one.settled); // deadlines may have passed during the proof
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

// Both kinds of append are unsafe: one whose preceding version is missing, and one into a log without the unique index.
const settleReplaced = (batch: readonly Append[]) => {
  const why = 'the log was dropped or replaced while this process ran; the process is switching to the current log';
  for (const one of batch) one.settle({ kind: one.sent ? 'unknown' : 'notWritten', why });
};

const sendDeadlineMs = 3_000; // after this its events count as unknown, and its lane is free for other batches

// Some events of the batch failed. All others are stored.
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
      taken.push(one); // an earlier try may have stored it
    else
      one.settle({
        kind: 'notWritten',
        why: failure.errmsg ?? `the database refused the event with error code ${failure.code}`,
      });
  }
  await Promise.all(taken.map((one) => settleTaken(log, queue, one)));
};

/**
 * Settles an append after a duplicate key error. An earlier try may have stored this event. Servers name different
 * indexes in this error, so the stream decides. If the stream has no event at this version yet, the event is sent
 * again, until its deadline.
 */
const settleTaken = async (log: Log, queue: AppendQueue, one: Append) => {
  const { entity, entityId, version } = one.event;
  try {
    const other = await withinDeadline(
      handlesOf(log).events.findOne({ entity, entityId, version }, { projection: { _id: 1 } }),
      lookDeadlineMs,
      'read the event that has this version',
    );
    if (!other) putBack(queue, [one]);
    else one.settle(other._id === one.event._id ? { kind: 'appended' } : { kind: 'conflict' });
  } catch {
    await sendAgain(log, queue, [one]);
  }
};

const lookDeadlineMs = 1_000;

/** Sends the same events again, with the same ids, when the database answers again. */
const sendAgain = async (log: Log, queue: AppendQueue, batch: Append[]) => {
  putBack(queue, batch);
  await rest(log, queue);
};

const putBack = (queue: AppendQueue, batch: Append[]) => {
  queue.waiting.unshift(...batch.filter((one) => !one.settled));
};

/** Stops sending until the database answers a ping. Events that were never sent can then be reported as not written. */
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

/**
 * The size of an event as BSON, in bytes. Undefined when it cannot be encoded: such an event would fail its whole
 * batch.
 */
const sizeOf = (event: StoredEvent): number | undefined => {
  try {
    return BSON.serialize(event).length;
  } catch {
    return undefined;
  }
};
