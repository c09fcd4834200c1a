import { type Entity, type Rendered, renderState } from '@muster/model';
import type { Loaded } from '@muster/store';
import { type ReadReply, readThen } from '@muster/wire';
import { askReplicas } from './ask-replicas.ts';
import { type Gateway, keyOf, partitionFor } from './gateway.ts';
import { loadThing } from './load-thing.ts';
import { remember, rememberedVersion } from './remembered.ts';
import { whyFailed } from './why-failed.ts';

/**
 * The result of a read: what clients see of the thing, its version, its source, and its greatest age in milliseconds.
 */
export type ReadResult = { kind: 'result' } & Omit<Rendered, 'json'> & {
    json: string | Buffer;
    source: string;
    lagMs: number;
    parked: boolean;
  };

/** `notReached`: the log does not have the requested version. */
export type Read =
  | ReadResult
  | { kind: 'notReached'; version: number; least: number }
  | { kind: 'unavailable'; why: string };

const lateReplicaMs = 400; // added to the database's deadline, this stays below 2 s

/**
 * Reads one thing at `minVersion` or newer. The result is never older than a version that this gateway returned in the
 * last minute. Sources, in order: the owner, the standby, the record and the stream's tail. While the database is away,
 * a replica that lags may answer. Calls `take` once, and without a promise if a replica answers. Calls `fail` instead
 * with what the entity's `present` throws.
 */
export const readThing = (
  gateway: Gateway,
  entity: Entity,
  id: string,
  minVersion: number,
  take: (read: Read) => void,
  fail: (error: unknown) => void,
): void => {
  const key = keyOf(gateway, entity, id);
  const least = Math.max(minVersion, rememberedVersion(gateway.remembered, key));
  askReplicas(gateway, entity, id, least, readThen, (held) => {
    const result = held && resultOf(held.reply, held.source);
    if (result && !held.reply.behind) return take(noteRead(gateway, key, result));
    readFromDatabase(gateway, entity, id, least, result).then((read) => take(noteRead(gateway, key, read)), fail);
  });
};

const noteRead = (gateway: Gateway, key: string, read: Read): Read => {
  if (read.kind === 'result') {
    if (read.version > 0) remember(gateway.remembered, key, read.version);
    gateway.metrics.reads.inc({ source: read.source });
  }
  return read;
};

/**
 * Reads from a replica that stalled and counts as suspect. While the database is away, no other process can answer.
 * Returns undefined after `lateReplicaMs` milliseconds.
 */
const readFromLateReplica = async (
  gateway: Gateway,
  entity: Entity,
  id: string,
  least: number,
): Promise<ReadResult | undefined> => {
  const replicas = gateway.members.byPartition[partitionFor(gateway, entity, id)] ?? [];
  // while the database is away, a replica gets no new events: waiting does not help
  const request = { entity: entity.name, id, minVersion: least, waitMs: 0 };
  const asked = replicas.slice(0, 2).map(async (replica) => {
    const reply = await new Promise<ReadReply<Buffer> | undefined>((resolve) =>
      readThen(replica, request, lateReplicaMs, resolve),
    );
    if (reply?.kind !== 'state') throw new Error(`${replica.name} does not answer`);
    return resultOf(reply, replica.name);
  });
  return Promise.any(asked).catch(() => undefined);
};

/**
 * Reads from the record and the stream's tail, which is exact even with every aggregator down. If the database does not
 * answer, returns `fallback`, or asks the replicas once more.
 */
const readFromDatabase = async (
  gateway: Gateway,
  entity: Entity,
  id: string,
  least: number,
  fallback: ReadResult | undefined,
): Promise<Read> => {
  const { REPLICA_DEADLINE_MS, DATABASE_DEADLINE_MS } = gateway.settings;
  const isAway = !gateway.database.reachable;
  const left = fallback ?? (isAway ? await readFromLateReplica(gateway, entity, id, least) : undefined);
  if (left && isAway) return left;
  const loaded = await loadOrError(gateway, entity, id, fallback ? REPLICA_DEADLINE_MS : DATABASE_DEADLINE_MS);
  if (loaded instanceof Error) {
    const result = left ?? (isAway ? undefined : await readFromLateReplica(gateway, entity, id, least));
    return result ?? { kind: 'unavailable', why: whyFailed(gateway, loaded) };
  }
  const { version } = loaded.state;
  return version < least ? { kind: 'notReached', version, least } : resultOfLoaded(entity, id, loaded);
};

const loadOrError = (gateway: Gateway, entity: Entity, id: string, deadlineMs: number): Promise<Loaded | Error> =>
  loadThing(gateway, entity, id, deadlineMs).catch((error) =>
    error instanceof Error ? error : new Error(String(error)),
  );

const resultOf = (
  { status, version, json, createdAt, changedAt, lagMs, parked }: Extract<ReadReply<Buffer>, { kind: 'state' }>,
  source: string,
): ReadResult => ({ kind: 'result', status, version, json, createdAt, changedAt, source, lagMs, parked });

const resultOfLoaded = (entity: Entity, id: string, { state, parked }: Loaded): ReadResult => ({
  kind: 'result',
  ...renderState(entity, id, state),
  source: 'database',
  lagMs: 0,
  parked: parked !== undefined,
});
