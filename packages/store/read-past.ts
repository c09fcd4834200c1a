import { setImmediate as immediate } from 'node:timers/promises';
import { absent, type Entity, type State } from '@muster/model';
import { BSON } from 'mongodb';
import { decodeEvent } from './decode-event.ts';
import type { StoredEvent } from './documents.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { readRaw } from './read-raw.ts';
import { foldStored, type Loaded, pageVersions } from './read-stream.ts';
import { stateOf } from './records.ts';
import { isOfThisLog } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

/** A moment in the past of a stream: after the event of this version, or after all events up to this time. */
export type Moment = { version: number } | { at: Date };

/**
 * What a stream was at a moment:
 * - `state`: the state. `next` is the time of the first event after the moment, if there is one and it was read. If an
 *   event cannot be applied, `parked` names it, and the state is the one before that event.
 * - `notReached`: the stream has no such version. `version` is its newest one that can be understood. `loaded` is the
 *   state of that version, if it was read.
 * - `tooLong`: more events would have to be applied than the limit allows.
 */
export type Past =
  | ({ kind: 'state'; next: Date | undefined } & Loaded)
  | { kind: 'notReached'; version: number; loaded: Loaded | undefined }
  | { kind: 'tooLong'; newest: number };

/** The most events to apply, the time for all, and what to wait for before more than the first page is read. */
export type PastLimits = { foldedMax: number; deadlineMs: number; whenLong?: () => Promise<void> };

/**
 * Returns the state of a stream at a moment. It begins at the record if that is not newer than the moment, else at
 * `known`, an older state, or at the first event. Throws DeadlineError after `deadlineMs` milliseconds, and what
 * `whenLong` throws.
 */
export const loadPast = async (
  log: Log,
  entity: Entity,
  id: string,
  moment: Moment,
  { foldedMax, deadlineMs, whenLong }: PastLimits,
  known = absent,
): Promise<Past> => {
  const untilMs = performance.now() + deadlineMs;
  const leftMs = () => untilMs - performance.now();
  const saved = await readSaved(log, entity, id, leftMs());
  const from = isStateUpTo(saved, moment) && saved.version > known.version ? saved : known;
  const upTo = 'version' in moment ? moment.version : Number.POSITIVE_INFINITY;
  if (upTo - from.version > foldedMax && Number.isFinite(upTo)) {
    const newest = await findNewest(log, entity, id, saved.version, leftMs);
    return newest < upTo ? { kind: 'notReached', version: newest, loaded: undefined } : { kind: 'tooLong', newest };
  }
  let loaded: Loaded = { state: from, parked: undefined };
  for await (const events of readRange(log, entity, id, { above: from.version, upTo }, leftMs)) {
    const due = events.filter((event) => isUpTo(event, moment));
    loaded = foldStored(entity, due, loaded.state);
    if (loaded.state.version - from.version > foldedMax)
      return { kind: 'tooLong', newest: await findNewest(log, entity, id, loaded.state.version, leftMs) };
    if (loaded.parked || due.length < events.length)
      return ended(loaded, upTo, events.find((event) => !isUpTo(event, moment))?.at);
    if (loaded.state.version - from.version === pageVersions && loaded.state.version < upTo)
      await withinDeadline(whenLong?.() ?? Promise.resolve(), leftMs(), whatIsRead(entity, id));
    await immediate(); // requests are answered in between
  }
  return ended(loaded, upTo, undefined);
};

const ended = (loaded: Loaded, upTo: number, next: Date | undefined): Past =>
  Number.isFinite(upTo) && loaded.state.version < upTo
    ? { kind: 'notReached', version: loaded.state.version, loaded }
    : { kind: 'state', next, ...loaded };

// the times of a stream never go back
const isUpTo = ({ version, at }: StoredEvent, moment: Moment): boolean =>
  'version' in moment ? version <= moment.version : at <= moment.at;

/**
 * Streams the events of a range of versions, in order. Each query has both bounds: without an upper one, some servers
 * read all remaining events.
 */
async function* readRange(
  log: Log,
  entity: Entity,
  id: string,
  { above, upTo }: { above: number; upTo: number },
  leftMs: () => number,
): AsyncGenerator<StoredEvent[]> {
  for (let from = above; from < upTo; from += pageVersions) {
    const end = Math.min(from + pageVersions, upTo);
    const filter = { entity: entity.name, entityId: id, version: { $gt: from, $lte: end } };
    const read = { collection: 'Events', filter, sort: { version: 1 }, what: whatIsRead(entity, id) };
    let count = 0;
    for await (const events of readRaw(log, { ...read, batchMs: leftMs() })) {
      count += events.length;
      yield events.map((event) => decodeEvent(event, 0));
    }
    // versions may be missing
    if (count < end - from && end < upTo && (await findNext(log, entity, id, end, leftMs())) === undefined) return;
  }
}

/** Streams the same events from the newest one down, in batches. */
async function* readDown(
  log: Log,
  entity: Pick<Entity, 'name'>,
  id: string,
  { above, upTo }: { above: number; upTo: number },
  leftMs: () => number,
): AsyncGenerator<StoredEvent[]> {
  const range = { entity: entity.name, entityId: id, version: { $gt: above, $lte: upTo } };
  const cursor = handlesOf(log).events.find(range).sort({ version: -1 }).batchSize(pageVersions);
  try {
    while (await withinDeadline(cursor.hasNext(), leftMs(), whatIsRead(entity, id)))
      yield cursor.readBufferedDocuments();
  } finally {
    void cursor.close().catch(() => undefined);
  }
}

const whatIsRead = (entity: Pick<Entity, 'name'>, id: string) => `read the events of ${entity.name} "${id}"`;

/** Returns the state in a stream's record, or absent if there is none. */
const readSaved = async (log: Log, entity: Entity, id: string, deadlineMs: number): Promise<State> => {
  const record = await withinDeadline(
    recordsOf(log, entity).findOne({ _id: id }),
    deadlineMs,
    `read the record of ${entity.name} "${id}"`,
  );
  return record && isOfThisLog(log, record.snapshot) ? stateOf(entity, record) : absent;
};

const isStateUpTo = (state: State, moment: Moment): boolean => {
  if ('version' in moment) return state.version <= moment.version;
  switch (state.status) {
    case 'absent':
      return true;
    case 'active':
      return state.updatedAt <= moment.at;
    case 'deleted':
      return state.deletedAt <= moment.at;
  }
};

/**
 * Returns the newest events of a stream above one version and up to another, in order: all of them, or as many as have
 * `bytesMax` bytes together, and at least one. They are held in memory: ask for few. Throws DeadlineError when a part
 * takes longer than `leftMs` returns.
 */
export const readNewestVersions = async (
  log: Log,
  entity: Pick<Entity, 'name'>,
  id: string,
  { above, upTo, bytesMax }: { above: number; upTo: number; bytesMax: number },
  leftMs: () => number,
): Promise<StoredEvent[]> => {
  const found: StoredEvent[] = [];
  let bytes = 0;
  for await (const events of readDown(log, entity, id, { above, upTo }, leftMs))
    for (const event of events) {
      bytes += BSON.calculateObjectSize(event);
      if (bytes > bytesMax && found.length > 0) return found.toReversed();
      found.push(event);
    }
  return found.toReversed();
};

/**
 * Returns the newest version of a stream in the log, or 0 if it has no event. Throws DeadlineError after `deadlineMs`
 * milliseconds.
 */
export const readNewestVersion = async (log: Log, entity: Entity, id: string, deadlineMs: number): Promise<number> => {
  const untilMs = performance.now() + deadlineMs;
  const saved = await readSaved(log, entity, id, deadlineMs);
  return findNewest(log, entity, id, saved.version, () => untilMs - performance.now());
};

/**
 * Finds the newest version by look-ups from a known one. In a damaged stream, versions may be missing: then it goes on
 * behind the hole. A sort from the newest down would be one query, but some servers read the whole stream for it.
 */
const findNewest = async (
  log: Log,
  entity: Entity,
  id: string,
  known: number,
  leftMs: () => number,
): Promise<number> => {
  for (let from = known; ; ) {
    const last = await findLastOfRun(from, (version) => hasVersion(log, entity, id, version, leftMs()));
    const next = await findNext(log, entity, id, last, leftMs());
    if (next === undefined) return last;
    from = next;
  }
};

/** Finds the last version of a run without holes: in ever larger steps, then in halves of the last step. */
const findLastOfRun = async (from: number, has: (version: number) => Promise<boolean>): Promise<number> => {
  let [low, step] = [from, 1];
  while (await has(low + step)) {
    low += step;
    step *= 2;
  }
  for (step /= 2; step >= 1; step /= 2) if (await has(low + step)) low += step;
  return low;
};

const hasVersion = async (
  log: Log,
  entity: Entity,
  id: string,
  version: number,
  deadlineMs: number,
): Promise<boolean> => {
  const filter = { entity: entity.name, entityId: id, version };
  const found = handlesOf(log).events.findOne(filter, { projection: { _id: 1 } });
  return (await withinDeadline(found, deadlineMs, whatIsRead(entity, id))) !== null;
};

/** Returns the version of the first event above one. */
const findNext = async (
  log: Log,
  entity: Entity,
  id: string,
  above: number,
  deadlineMs: number,
): Promise<number | undefined> => {
  const filter = { entity: entity.name, entityId: id, version: { $gt: above } };
  const next = handlesOf(log).events.find(filter, { projection: { _id: 0, version: 1 } });
  const found = next.sort({ version: 1 }).limit(1).toArray();
  return (await withinDeadline(found, deadlineMs, whatIsRead(entity, id)))[0]?.version;
};
