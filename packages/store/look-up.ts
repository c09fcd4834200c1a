import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** The look-ups that wait for a query, and the number of running queries. A plain value, changed only in this file. */
export type LookUps = { waiting: LookUp[]; running: number; limits: LookUpLimits };

/** How many queries run at once, and how many streams one query looks up. */
export type LookUpLimits = { lanes: number; streamsMax: number };

type LookUp = {
  entity: string;
  id: string;
  next: number; // the version that the log must not have
  resolve: (isNewest: boolean) => void;
  reject: (error: unknown) => void;
};

const versionsMax = 8; // in one query: it finds up to as many events of each stream

// SecantusDB scans all events of an entity for `$in`, and takes less than a millisecond for one stream
const oneByOne: LookUpLimits = { lanes: 8, streamsMax: 1 };
const together: LookUpLimits = { lanes: 2, streamsMax: 500 };

export const openLookUps = (limits = oneByOne): LookUps => ({ waiting: [], running: 0, limits });

/** Sets the limits that suit this server. Throws DeadlineError after `deadlineMs` milliseconds. */
export const suitLookUps = async (log: Log, lookUps: LookUps, deadlineMs: number): Promise<void> => {
  const asked = handlesOf(log).db.admin().command({ buildInfo: 1 });
  const { secantusVersion } = await withinDeadline(asked, deadlineMs, "read the server's version");
  lookUps.limits = secantusVersion === undefined ? together : oneByOne;
};

/**
 * Whether the log has no event of this stream above `version`. The read begins after this call. Versions are dense, so
 * the next version is enough. Look-ups that wait share one query. Rejects with DeadlineError after `deadlineMs`
 * milliseconds.
 */
export const isNewest = (
  log: Log,
  lookUps: LookUps,
  { entity, id, version }: { entity: string; id: string; version: number },
  deadlineMs: number,
): Promise<boolean> => {
  const found = new Promise<boolean>((resolve, reject) => {
    lookUps.waiting.push({ entity, id, next: version + 1, resolve, reject });
    pump(log, lookUps);
  });
  return withinDeadline(found, deadlineMs, `look up the versions of ${entity} "${id}"`);
};

const pump = (log: Log, lookUps: LookUps) => {
  while (lookUps.running < lookUps.limits.lanes) {
    const batch = takeBatch(lookUps);
    if (batch.length === 0) return;
    lookUps.running += 1;
    void answer(log, batch).finally(() => {
      lookUps.running -= 1;
      pump(log, lookUps);
    });
  }
};

/** Takes the look-ups that fit into the query of the first one. */
const takeBatch = (lookUps: LookUps): LookUp[] => {
  const batch: LookUp[] = [];
  const left: LookUp[] = [];
  const versions = new Set<number>();
  const ids = new Set<string>();
  for (const one of lookUps.waiting) {
    const isIn = ids.has(one.id) || ids.size < lookUps.limits.streamsMax;
    const hasVersion = versions.has(one.next) || versions.size < versionsMax;
    if (isIn && hasVersion && one.entity === (batch[0] ?? one).entity) {
      batch.push(one);
      versions.add(one.next);
      ids.add(one.id);
    } else left.push(one);
  }
  lookUps.waiting = left;
  return batch;
};

const answer = async (log: Log, batch: LookUp[]) => {
  try {
    const found = await findNext(log, batch);
    for (const one of batch) one.resolve(!found.has(`${one.next}:${one.id}`));
  } catch (error) {
    for (const one of batch) one.reject(error);
  }
};

const queryDeadlineMs = 3_000;

/** Returns the events that have one of the next versions, as `version:id`. */
const findNext = async (log: Log, batch: LookUp[]): Promise<Set<string>> => {
  const ids = [...new Set(batch.map(({ id }) => id))];
  const versions = [...new Set(batch.map(({ next }) => next))];
  const events = handlesOf(log).events.find(
    { entity: (batch[0] as LookUp).entity, entityId: oneOf(ids), version: oneOf(versions) },
    { projection: { _id: 0, entityId: 1, version: 1 }, batchSize: 1 + ids.length * versions.length },
  );
  const found = await withinDeadline(events.toArray(), queryDeadlineMs, `look up ${ids.length} streams`);
  return new Set(found.map(({ entityId, version }) => `${version}:${entityId}`));
};

const oneOf = <T>(values: T[]): T | { $in: T[] } => (values.length === 1 ? (values[0] as T) : { $in: values });
