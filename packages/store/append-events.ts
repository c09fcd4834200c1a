import { failpoint, noticed } from '@muster/runtime';
import { BSON, type MongoBulkWriteError, type WriteError } from 'mongodb';
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

/**
 * The outcome of a chain: how many of its events are stored, from the first one on, and what became of the next one.
 * `appended`: all are stored. `unknown`: all further events of the chain may be stored, too.
 */
export type ChainAppended = { stored: number; outcome: Appended };

/** The waiting and running appends of this process. A plain value, changed only in this file. */
export type AppendQueue = {
  waiting: Append[];
  open: Append[]; // those without an outcome, and some with one
  sweeping: boolean;
  inFlight: number; // batches
  begunAt: number; // when the last batch was sent, on the monotonic clock
  crowded: boolean; // appends come while a batch is in flight, so that it pays to gather some
  gathering: boolean; // a timer runs that sends the next batch
  resting: boolean; // the last batch failed: nothing is sent until the database answers a ping
  batches: number; // sent since the start
  answeredAt: number; // when the database last stored a batch, on the monotonic clock
  limits: AppendLimits;
};

export type AppendLimits = { lanes: number; batchEventsMax: number; batchBytesMax: number; waitingMax: number };

/** One event, or a chain of events of one stream with consecutive versions. */
type Append = {
  events: readonly StoredEvent[];
  stored: number; // how many of its events are stored, from the first one on
  logId: LogId | undefined; // the log that its state was read from
  bytes: number;
  sent: boolean;
  // The server refused its whole batch, perhaps because of one event. Each event is then sent in a batch of its own.
  alone: boolean;
  dueAt: number; // on the monotonic clock, in milliseconds
  deadlineMs: number;
  settled: boolean;
  resolve: (appended: ChainAppended) => void;
};

export const openAppendQueue = (limits: Partial<AppendLimits> = {}): AppendQueue => ({
  waiting: [],
  open: [],
  sweeping: false,
  inFlight: 0,
  begunAt: Number.NEGATIVE_INFINITY,
  crowded: false,
  gathering: false,
  resting: false,
  batches: 0,
  answeredAt: Number.NEGATIVE_INFINITY,
  limits: { lanes: 2, batchEventsMax: 500, batchBytesMax: 4 * 1024 * 1024, waitingMax: 10_000, ...limits },
});

/**
 * Appends one event at its version, and returns the outcome within `deadlineMs` milliseconds. Never throws. Waiting
 * events share the next batch (group commit). After the deadline the event is not sent again. `logId`
 * names the log that the event was decided on; the event is not written to any other log.
 */
export const append = async (
  log: Log,
  queue: AppendQueue,
  event: StoredEvent,
  deadlineMs: number,
  logId = logIdOf(log),
): Promise<Appended> => (await appendChain(log, queue, [event], deadlineMs, logId)).outcome;

/**
 * Appends events of one stream with consecutive versions, in order: none is stored unless all before it are stored.
 * Otherwise as `append`. Chains share ordered batches with each other, single events share unordered ones.
 */
export const appendChain = (
  log: Log,
  queue: AppendQueue,
  events: readonly StoredEvent[],
  deadlineMs: number,
  logId = logIdOf(log),
): Promise<ChainAppended> =>
  new Promise((resolve) => {
    const refuse = (why: string) => resolve({ stored: 0, outcome: { kind: 'notWritten', why } });
    if (deadlineMs <= 0) return refuse('the deadline had passed before the append began');
    const bytes = sizeOf(events);
    if (bytes === undefined) return refuse('the event cannot be encoded as BSON');
    if (isFull(queue)) return refuse(`the queue is full: ${queue.limits.waitingMax} appends wait`);
    const dueAt = performance.now() + deadlineMs;
    const state = { stored: 0, sent: false, alone: false, settled: false };
    const one: Append = { events, logId, bytes, dueAt, deadlineMs, resolve, ...state };
    queue.open.push(one);
    queue.waiting.push(one);
    sweepLater(queue);
    pump(log, queue);
  });

const settle = (one: Append, outcome: Appended) => {
  if (one.settled) return;
  one.settled = true;
  one.resolve({ stored: one.stored, outcome });
};

/** Notes that all events are stored. */
const settleAppended = (one: Append) => {
  one.stored = one.events.length;
  settle(one, { kind: 'appended' });
};

const isChain = (one: Append | undefined): boolean => one !== undefined && one.events.length > 1;

const sweepEveryMs = 20;

// one timer for all deadlines
const sweepLater = (queue: AppendQueue) => {
  if (queue.sweeping) return;
  queue.sweeping = true;
  setTimeout(sweep, sweepEveryMs, queue);
};

const sweep = (queue: AppendQueue) => {
  queue.sweeping = false;
  const now = performance.now();
  for (const one of queue.open) if (!one.settled && one.dueAt <= now) settle(one, lateOutcome(one));
  queue.open = queue.open.filter((one) => !one.settled);
  if (queue.open.length > 0) sweepLater(queue);
};

const isFull = (queue: AppendQueue): boolean => {
  if (queue.waiting.length < queue.limits.waitingMax) return false;
  queue.waiting = queue.waiting.filter((one) => !one.settled); // expired appends must not fill the queue
  return queue.waiting.length >= queue.limits.waitingMax;
};

const lateOutcome = (one: Append): Appended => {
  const why = `the database did not answer within ${Math.round(one.deadlineMs)} ms`;
  return one.sent ? { kind: 'unknown', why } : { kind: 'notWritten', why };
};

const pump = (log: Log, queue: AppendQueue) => {
  while (!queue.resting && queue.inFlight < queue.limits.lanes) {
    if (isToGather(log, queue)) return;
    const batch = takeBatch(log, queue);
    if (batch.length === 0) return;
    queue.inFlight += 1;
    queue.batches += 1;
    queue.begunAt = performance.now();
    queue.crowded = batch.length > 1;
    void commit(log, queue, batch).finally(() => {
      queue.inFlight -= 1;
      pump(log, queue);
    });
  }
};

/**
 * Whether the waiting appends shall wait for more. When appends come faster than they are stored, batches begin some
 * milliseconds apart: a batch of several costs this process, the database and the aggregators little more than a batch
 * of one. A client that writes one after the other never waits.
 */
const isToGather = (log: Log, queue: AppendQueue): boolean => {
  if (queue.waiting.length === 0 || queue.waiting.length >= gatheredMax) return false;
  if (queue.inFlight > 0) queue.crowded = true;
  const leftMs = queue.begunAt + gatherMs - performance.now();
  if (!queue.crowded || leftMs <= 0) return false;
  if (!queue.gathering) setTimeout(sendGathered, leftMs, log, queue);
  queue.gathering = true;
  return true;
};

const gatherMs = 4;
const gatheredMax = 64; // so many make a batch that is worth sending at once

const sendGathered = (log: Log, queue: AppendQueue) => {
  queue.gathering = false;
  pump(log, queue);
};

/** Takes the first append that waits, and those after it that fit into its batch: either single events, or chains. */
const takeBatch = (log: Log, queue: AppendQueue): Append[] => {
  const batch: Append[] = [];
  const left: Append[] = [];
  let [count, bytes, isOver] = [0, 0, false];
  for (const one of queue.waiting) {
    if (one.logId !== logIdOf(log)) settleReplaced([one]); // the log was replaced while the event waited
    if (one.settled) continue; // its deadline has passed, or it was settled in the line above
    const isOther = batch.length > 0 && isChain(one) !== isChain(batch[0]);
    // The first one is always taken, whatever its size. Otherwise one above the limit would block the queue.
    isOver ||=
      !isOther && batch.length > 0 && (one.alone || isAbove(queue.limits, count + unstored(one), bytes + one.bytes));
    if (isOver || isOther) {
      left.push(one);
      continue;
    }
    batch.push(one);
    count += unstored(one);
    bytes += one.bytes;
    isOver = one.alone;
  }
  queue.waiting = left;
  return batch;
};

const unstored = ({ events, stored }: Append) => events.length - stored;

const isAbove = ({ batchEventsMax, batchBytesMax }: AppendLimits, count: number, bytes: number) =>
  count > batchEventsMax || bytes > batchBytesMax;

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
  if (isChain(batch[0])) noticed('append:chain');
  for (const one of batch) one.sent = true;
  try {
    const ordered = isChain(batch[0]); // an event must not be stored when the one before it is not
    const events = ordered
      ? batch.flatMap((one) => one.events.slice(one.stored))
      : batch.map((one) => one.events[0] as StoredEvent);
    const written = handlesOf(log).events.insertMany(events, { ordered });
    await withinDeadline(written, sendDeadlineMs, `append ${events.length} events`);
    await failpoint('append:after-send');
    queue.answeredAt = performance.now();
    for (const event of events.slice(-1)) noteAppended(log, event._id);
    for (const one of batch) settleAppended(one);
  } catch (error) {
    if (isPartial(error) && isChain(batch[0])) return settleUpTo(log, queue, batch, sentBefore, error);
    if (isPartial(error)) return settlePartly(log, queue, batch, sentBefore, error);
    if (wasNeverSent(error)) for (const one of batch) one.sent = sentBefore.has(one);
    if (wasRefused(error)) for (const one of batch) one.alone = true;
    await sendAgain(log, queue, batch);
  }
};

// Both kinds of append are unsafe: one whose preceding version is missing, and one into a log without the unique index.
const settleReplaced = (batch: readonly Append[]) => {
  const why = 'the log was dropped or replaced while this process ran; the process is switching to the current log';
  for (const one of batch) settle(one, { kind: one.sent ? 'unknown' : 'notWritten', why });
};

const sendDeadlineMs = 3_000; // after this its events count as unknown, and its lane is free for other batches

// Some events of an unordered batch failed. All others are stored.
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
    if (!failure) settleAppended(one);
    else if (failure.code === 11000 || sentBefore.has(one))
      taken.push(one); // an earlier try may have stored it
    else settle(one, refusedBy(failure));
  }
  await Promise.all(taken.map((one) => settleTaken(log, queue, one)));
};

const refusedBy = ({ errmsg, code }: WriteError): Appended => ({
  kind: 'notWritten',
  why: errmsg ?? `the database refused the event with error code ${code}`,
});

// One event of an ordered batch failed. All before it are stored, and none after it.
const settleUpTo = async (
  log: Log,
  queue: AppendQueue,
  batch: Append[],
  sentBefore: ReadonlySet<Append>,
  error: MongoBulkWriteError,
) => {
  const [failure] = error.result.getWriteErrors() as [WriteError];
  let at = failure.index;
  const end = batch.findIndex((one) => {
    if (at < unstored(one)) return true;
    at -= unstored(one);
    settleAppended(one);
    return false;
  });
  const failed = batch[end] as Append;
  failed.stored += at;
  const untried = batch.slice(end + 1);
  for (const one of untried) one.sent = sentBefore.has(one);
  putBack(queue, untried);
  if (failure.code === 11000 || sentBefore.has(failed)) await settleTaken(log, queue, failed);
  else settle(failed, refusedBy(failure));
};

/**
 * Settles an append after a duplicate key error. An earlier try may have stored this event. Servers name different
 * indexes in this error, so the stream decides. If the stream has no event at this version yet, the event is sent
 * again, until its deadline. Further events of a chain are sent, too.
 */
const settleTaken = async (log: Log, queue: AppendQueue, one: Append) => {
  const event = one.events[one.stored] as StoredEvent;
  const { entity, entityId, version } = event;
  try {
    const other = await withinDeadline(
      handlesOf(log).events.findOne({ entity, entityId, version }, { projection: { _id: 1 } }),
      lookDeadlineMs,
      'read the event that has this version',
    );
    if (other && other._id !== event._id) {
      if (isChain(one)) noticed('append:chain-stopped');
      return settle(one, { kind: 'conflict' });
    }
    if (other) one.stored += 1;
    if (one.stored === one.events.length) settleAppended(one);
    else putBack(queue, [one]);
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

/** The size of events as BSON, in bytes. Undefined when one cannot be encoded: it would fail its whole batch. */
const sizeOf = (events: readonly StoredEvent[]): number | undefined => {
  try {
    return events.reduce((bytes, event) => bytes + BSON.serialize(event).length, 0);
  } catch {
    return undefined;
  }
};
