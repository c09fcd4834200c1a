import { absent, applyStored, type Entity, type State } from '@muster/model';
import type { StoredEvent } from './documents.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { stateOf } from './records.ts';
import { isOfThisLog } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * A stream's state; `parked` where it has an event that could not be understood: the state is the last one before that.
 */
export type Loaded = { state: State; parked: { version: number; problem: string } | undefined };

/** How many versions a page of a stream spans at most. A page of large events comes in several parts. */
export const pageVersions = 500;

/**
 * The events of one stream above a version, in order, a page at a time: at most `pageVersions` events, and at most what
 * the server puts into one reply (16 MB). `leftMs` says before each page how many milliseconds it may take. Throws
 * DeadlineError after them.
 */
export async function* readStream(
  log: Log,
  entity: Pick<Entity, 'name'>,
  id: string,
  aboveVersion: number,
  leftMs: () => number,
): AsyncGenerator<StoredEvent[]> {
  // the first page has no end, so that most streams take one query; on some servers that costs as much as all that
  // follows, so the others have one
  let isFirst = true;
  for (let above: number | undefined = aboveVersion; above !== undefined; isFirst = false) {
    const end: number = above + pageVersions;
    let count = 0;
    let last: number = above;
    for await (const events of readPage(log, entity, id, { above, end: isFirst ? undefined : end }, leftMs)) {
      count += events.length;
      last = events.at(-1)?.version ?? last;
      yield events;
    }
    if (count === pageVersions) above = last;
    else above = isFirst ? undefined : await findBeforeNext(log, entity, id, end, leftMs);
  }
}

/** The version before the next event above `end`: versions may be missing. Undefined where the stream ends. */
const findBeforeNext = async (
  log: Log,
  entity: Pick<Entity, 'name'>,
  id: string,
  end: number,
  leftMs: () => number,
): Promise<number | undefined> => {
  const next = handlesOf(log)
    .events.find({ entity: entity.name, entityId: id, version: { $gt: end } })
    .sort({ version: 1 });
  const [event] = await withinDeadline(next.limit(1).toArray(), leftMs(), whatIsRead(entity, id));
  return event && event.version - 1;
};

async function* readPage(
  log: Log,
  entity: Pick<Entity, 'name'>,
  id: string,
  { above, end }: { above: number; end: number | undefined },
  leftMs: () => number,
): AsyncGenerator<StoredEvent[]> {
  const version = { $gt: above, ...(end === undefined ? {} : { $lte: end }) };
  const cursor = handlesOf(log).events.find({ entity: entity.name, entityId: id, version }).sort({ version: 1 });
  cursor.limit(pageVersions).batchSize(pageVersions);
  try {
    while (await withinDeadline(cursor.hasNext(), leftMs(), whatIsRead(entity, id)))
      yield cursor.readBufferedDocuments();
  } finally {
    void cursor.close().catch(() => undefined);
  }
}

const whatIsRead = (entity: Pick<Entity, 'name'>, id: string) => `read the events of ${entity.name} "${id}"`;

/**
 * A stream's state as the log has it now, from a state that is not newer: that state and the stream's tail, folded page
 * by page. Before each page after the first it waits for `whenLong`. Throws DeadlineError after `deadlineMs`
 * milliseconds, over all of that.
 */
export const catchUpState = async (
  log: Log,
  entity: Entity,
  id: string,
  from: State,
  deadlineMs: number,
  whenLong: () => Promise<void> = goOn,
): Promise<Loaded> => {
  const untilMs = performance.now() + deadlineMs;
  const leftMs = () => untilMs - performance.now();
  let loaded: Loaded = { state: from, parked: undefined };
  for await (const events of readStream(log, entity, id, from.version, leftMs)) {
    loaded = foldStored(entity, events, loaded.state);
    if (loaded.parked) return loaded;
    const isLong = loaded.state.version - from.version >= pageVersions;
    if (isLong)
      await withinDeadline(whenLong(), leftMs(), `read all ${loaded.state.version} and more events of "${id}"`);
  }
  return loaded;
};

const goOn = async () => undefined;

/**
 * A stream's state from the snapshot and the stream's tail: right even with every aggregator down. Throws DeadlineError
 * after `deadlineMs` milliseconds; `whenLong` as above.
 */
export const loadState = async (
  log: Log,
  entity: Entity,
  id: string,
  deadlineMs: number,
  whenLong?: () => Promise<void>,
): Promise<Loaded> => {
  const startedAt = performance.now();
  const record = await withinDeadline(
    recordsOf(log, entity).findOne({ _id: id }),
    deadlineMs,
    `read the record of ${entity.name} "${id}"`,
  );
  const leftMs = deadlineMs - (performance.now() - startedAt);
  const saved = record && isOfThisLog(log, record.snapshot) ? stateOf(entity, record) : absent;
  return catchUpState(log, entity, id, saved, leftMs, whenLong);
};

/**
 * The state after these stored events of one stream, in order, up to the first that cannot be understood or that is not
 * the next one.
 */
export const foldStored = (entity: Entity, events: readonly StoredEvent[], from: State): Loaded => {
  let state = from;
  for (const stored of events) {
    if (stored.version <= state.version) continue;
    const { version } = stored;
    if (version !== state.version + 1)
      return { state, parked: { version, problem: `its stream has no version ${state.version + 1}` } };
    const applied = applyStored(entity, state, stored);
    if (applied.kind === 'poison') return { state, parked: { version, problem: applied.problem } };
    state = applied.state;
  }
  return { state, parked: undefined };
};
