import type { Document } from 'mongodb';
import type { StoredEvent } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** Several events that share one version of a stream, ordered from the earliest to the latest. */
export type SharedVersion = { entity: string; entityId: string; version: number; events: readonly FoundEvent[] };

/** A stream with a missing version below its last version. `missing` is the lowest one. */
export type Hole = { entity: string; entityId: string; missing: number; last: number };

type FoundEvent = { _id: string; at: Date };

/** The log breaks an invariant, so no process may use it. Final: an operator must repair the log first. */
export class LogDamaged extends Error {
  override name = 'LogDamaged';
  readonly exitCode = 2;
}

/**
 * Returns at most `limit` versions that several events share. Reads the whole log. Throws DeadlineError after
 * `deadlineMs` milliseconds.
 */
export const findSharedVersions = async (log: Log, limit: number, deadlineMs: number): Promise<SharedVersion[]> => {
  const stages = [
    {
      $group: {
        _id: { entity: '$entity', entityId: '$entityId', version: '$version' },
        count: { $sum: 1 },
        events: { $push: { _id: '$_id', at: '$at' } },
      },
    },
    { $match: { count: { $gt: 1 } } },
    { $limit: limit },
  ];
  const found = await aggregate(log, stages, deadlineMs, 'find versions that several events share');
  return found.map(({ _id, events }) => ({ ..._id, events: events.sort(isEarlier) }));
};

/**
 * Returns at most `limit` streams with a missing version. Reads the whole log. Throws DeadlineError when one of its
 * queries takes longer than `deadlineMs` milliseconds.
 */
export const findHoles = async (log: Log, limit: number, deadlineMs: number): Promise<Hole[]> => {
  const stages = [
    {
      $group: {
        _id: { entity: '$entity', entityId: '$entityId' },
        count: { $sum: 1 },
        last: { $max: '$version' },
      },
    },
    { $match: { $expr: { $gt: ['$last', '$count'] } } },
    { $limit: limit },
  ];
  const found = await aggregate(log, stages, deadlineMs, 'find streams with a missing version');
  const holes: Hole[] = [];
  for (const { _id, last } of found) {
    const missing = await firstMissing(log, _id, deadlineMs);
    if (missing <= last) holes.push({ ..._id, missing, last });
  }
  return holes;
};

/** Describes the events that share a version, for an error message. Pure. */
export const describeShared = ({ entity, entityId, version, events }: SharedVersion): string =>
  `${entity} "${entityId}" version ${version}: ${events.map(({ _id, at }) => `${_id} (${timeOf(at)})`).join(', ')}`;

const timeOf = (at: unknown) => (at instanceof Date ? at.toISOString() : 'no time');

// ids are UUIDv7: their order decides when the times are equal
const isEarlier = (a: FoundEvent, b: FoundEvent): number =>
  Number(a.at) - Number(b.at) || (String(a._id) < String(b._id) ? -1 : 1);

const firstMissing = async (
  log: Log,
  { entity, entityId }: Pick<StoredEvent, 'entity' | 'entityId'>,
  deadlineMs: number,
): Promise<number> => {
  const cursor = handlesOf(log)
    .events.find({ entity, entityId }, { projection: { version: 1 } })
    .sort({ version: 1 });
  const walk = async () => {
    let next = 1;
    for await (const { version } of cursor) {
      if (version > next) break;
      next = version + 1;
    }
    return next;
  };
  return withinDeadline(walk(), deadlineMs, `read the versions of ${entity} "${entityId}"`);
};

const aggregate = (log: Log, stages: Document[], deadlineMs: number, what: string): Promise<Document[]> =>
  withinDeadline(handlesOf(log).events.aggregate(stages, { allowDiskUse: true }).toArray(), deadlineMs, what);
