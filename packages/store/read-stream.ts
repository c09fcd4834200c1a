import { absent, applyStored, type Entity, type State } from '@muster/model';
import type { StoredEvent } from './documents.ts';
import { handlesOf, type Log, recordsOf } from './open-log.ts';
import { stateOf } from './records.ts';
import { isOfThisLog } from './snapshot-mark.ts';
import { withinDeadline } from './within-deadline.ts';

/** A stream's state. If an event cannot be applied, `parked` names it, and the state is the one before that event. */
export type Loaded = { state: State; parked: { version: number; problem: string } | undefined };

/** The most versions that one page of a stream covers. A page with large events is read in several parts. */
export const pageVersions = 500;

/**
 * Streams the events of one stream above a version, in order and page by page. A page has at most `pageVersions`
 * events, and at most what fits into one server reply (16 MB). `leftMs` returns how many milliseconds each read may
 * take. Throws DeadlineError when a read takes longer.
 */
export async function* readStream(
  log: Log,
  entity: Pick<Entity, 'name'>,
  id: string,
  aboveVersion: number,
  leftMs: () => number,
): AsyncGenerator<StoredEvent[]> {
  // The first page has no upper bound, so that most streams need one query. Later pages have one: without it, some
  // servers read all remaining events for each page.
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

/**
 * Returns the version before the next event above `end`, because versions may be missing. Undefined at the end of the
 * stream.
 */
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
 * Returns a stream's current state in the log: applies the stream's tail to `from`, which must not be newer. Waits for
 * `whenLong` before each page after the first. Throws DeadlineError after `deadlineMs` milliseconds in all.
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
      await withinDeadline(
        whenLong(),
        leftMs(),
        `read all events of ${entity.name} "${id}", which has more than ${loaded.state.version}`,
      );
  }
  return loaded;
};

const goOn = async () => undefined;

/**
 * Returns a stream's current state from its record and the stream's tail. Exact even when all aggregators are down.
 * `whenLong` as in `catchUpState`. Throws DeadlineError after `deadlineMs` milliseconds.
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
 * Applies these stored events of one stream to `from`, in order. Stops before the first event that cannot be parsed or
 * is not the next version. Pure.
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
