import { type DatabaseClock, databaseNow, measureClock, noteTime } from './database-clock.ts';
import type { AggregatorDocument, SettingsDocument } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/**
 * What all processes on one database share: its settings, and the documents of all aggregators, also of those with an
 * expired lease. `databaseNow` is the database's time of the read, and `askedAt` that of the question on this process's
 * monotonic clock, both in milliseconds.
 */
export type Cluster = {
  settings: SettingsDocument | undefined;
  members: AggregatorDocument[];
  databaseNow: number;
  askedAt: number;
};

/**
 * Reads settings, members and the database's time in one query, and updates the estimate of the database's clock. Each
 * process does this once a second: on an idle system, three queries would cost three times as much. Throws
 * DeadlineError after `deadlineMs` milliseconds.
 */
export const readCluster = async (log: Log, clock: DatabaseClock, deadlineMs: number): Promise<Cluster> => {
  const askedAt = performance.now();
  const asking = noteTime(clock);
  const read = handlesOf(log).settings.aggregate<Part>(stages).toArray();
  const parts = await withinDeadline(read, deadlineMs, 'read the settings and the aggregators');
  const [part] = parts;
  // only a document carries the time, and a dropped database has none
  if (part) asking(part.now);
  else await measureClock(log, clock, deadlineMs);
  return {
    settings: parts.find(({ settings }) => settings)?.settings,
    members: parts.flatMap(({ member }) => member ?? []),
    databaseNow: (part?.now ?? databaseNow(clock)).getTime(),
    askedAt,
  };
};

type Part = { now: Date; settings?: SettingsDocument; member?: AggregatorDocument };

const stages = [
  { $match: { _id: 'muster' } },
  { $replaceWith: { settings: '$$ROOT' } },
  { $unionWith: { coll: 'Aggregators', pipeline: [{ $replaceWith: { member: '$$ROOT' } }] } },
  { $addFields: { now: '$$NOW' } },
];
