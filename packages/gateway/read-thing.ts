import { type Entity, present, type State } from '@muster/model';
import { type Loaded, loadState } from '@muster/store';
import { type AggregatorClient, type ReadReply, readFrom } from '@muster/wire';
import { type Gateway, keyOf, partitionFor } from './gateway.ts';
import { answeringFor } from './members.ts';
import { remember, rememberedVersion } from './remembered.ts';

/**
 * A thing as it was read: what clients see of it, its version, where it came from and how old it may be in
 * milliseconds.
 */
export type ReadResult = {
  kind: 'result';
  status: State['status'];
  version: number;
  json: string;
  createdAt: number;
  changedAt: number;
  source: string;
  lagMs: number;
  parked: boolean;
};

/** `notReached`: the log itself does not have the version that was asked for. */
export type Read =
  | ReadResult
  | { kind: 'notReached'; version: number; least: number }
  | { kind: 'unavailable'; why: string };

const lateReplicaMs = 400; // with the database's deadline this stays below 2 s
const ownersShare = 0.6; // of the time that owner and standby have together
const wireMarginMs = 15; // of a replica's time, so that an answer after a wait still comes in time

/**
 * Reads one thing at `minVersion` or newer, and never older than what this gateway told before: from its owner's
 * memory, else its standby's, else from the snapshot and the log's tail, else, with the database away, from a replica
 * that is behind.
 */
export const readThing = async (gateway: Gateway, entity: Entity, id: string, minVersion = 0): Promise<Read> => {
  const key = keyOf(entity, id);
  const least = Math.max(minVersion, rememberedVersion(gateway.remembered, key));
  const held = await readFromReplica(gateway, entity, id, least);
  const read = held && !held.behind ? held.result : await readFromDatabase(gateway, entity, id, least, held?.result);
  if (read.kind === 'result') {
    if (read.version > 0) remember(gateway.remembered, key, read.version);
    gateway.metrics.reads.inc({ source: read.source });
  }
  return read;
};

/** What a replica has of a thing. `behind`: it does not hear of the log any more. */
type Held = { result: ReadResult; behind: boolean };

/**
 * What a thing's owner has of it, else its standby, within the deadline of both together; undefined when neither
 * answers, or not with `least`.
 */
export const readFromReplica = async (
  gateway: Gateway,
  entity: Entity,
  id: string,
  least: number,
): Promise<Held | undefined> => {
  const [owner, standby] = answeringFor(gateway.members, partitionFor(gateway, entity, id));
  if (!owner) return undefined;
  const untilMs = performance.now() + gateway.settings.REPLICA_DEADLINE_MS;
  const ownersMs = gateway.settings.REPLICA_DEADLINE_MS * (standby ? ownersShare : 1);
  const held = await askFor(owner, entity, id, least, ownersMs);
  if (!standby || (held && !held.behind)) return held;
  const other = await askFor(standby, entity, id, least, untilMs - performance.now());
  return other && !other.behind ? other : (held ?? other);
};

const askFor = async (
  replica: AggregatorClient,
  entity: Entity,
  id: string,
  least: number,
  withinMs: number,
): Promise<Held | undefined> => {
  const reply = await readFrom(
    replica,
    { entity: entity.name, id, minVersion: least, waitMs: withinMs - wireMarginMs },
    withinMs,
  );
  return reply?.kind === 'state' ? { result: resultOf(reply, replica.name), behind: reply.behind } : undefined;
};

/**
 * As above for one that stalled for a moment, and with it is left alone for a moment more: with the database away there
 * is nobody else to ask.
 */
const readFromLateReplica = async (
  gateway: Gateway,
  entity: Entity,
  id: string,
  least: number,
): Promise<ReadResult | undefined> => {
  const replicas = gateway.members.byPartition[partitionFor(gateway, entity, id)] ?? [];
  // what it does not have yet it does not get, with the database away
  const request = { entity: entity.name, id, minVersion: least, waitMs: 0 };
  const asked = replicas.slice(0, 2).map(async (replica) => {
    const reply = await readFrom(replica, request, lateReplicaMs);
    if (reply?.kind !== 'state') throw new Error(`${replica.name} does not answer`);
    return resultOf(reply, replica.name);
  });
  return Promise.any(asked).catch(() => undefined);
};

/**
 * From the snapshot and the log's tail, which is right even with every aggregator down; when the database does not
 * answer, from `fallback`, else from the replica once more.
 */
const readFromDatabase = async (
  gateway: Gateway,
  entity: Entity,
  id: string,
  least: number,
  fallback: ReadResult | undefined,
): Promise<Read> => {
  const isAway = !gateway.database.reachable;
  const left = fallback ?? (isAway ? await readFromLateReplica(gateway, entity, id, least) : undefined);
  if (left && isAway) return left;
  try {
    const loaded = await loadState(
      gateway.log,
      entity,
      id,
      fallback ? gateway.settings.REPLICA_DEADLINE_MS : gateway.settings.DATABASE_DEADLINE_MS,
    );
    return loaded.state.version < least
      ? { kind: 'notReached', version: loaded.state.version, least }
      : resultOfLoaded(entity, id, loaded);
  } catch (error) {
    const result = left ?? (isAway ? undefined : await readFromLateReplica(gateway, entity, id, least));
    return result ?? { kind: 'unavailable', why: error instanceof Error ? error.message : String(error) };
  }
};

const resultOf = (
  { status, version, json, createdAt, changedAt, lagMs, parked }: Extract<ReadReply, { kind: 'state' }>,
  source: string,
): ReadResult => ({
  kind: 'result',
  status,
  version,
  json,
  createdAt,
  changedAt,
  source,
  lagMs,
  parked,
});

const resultOfLoaded = (entity: Entity, id: string, { state, parked }: Loaded): ReadResult => {
  const about = {
    kind: 'result' as const,
    version: state.version,
    source: 'database',
    lagMs: 0,
    parked: parked !== undefined,
  };
  switch (state.status) {
    case 'absent':
      return { ...about, status: 'absent', json: '', createdAt: 0, changedAt: 0 };
    case 'active': {
      const json = JSON.stringify(present(entity, id, state.fields));
      return {
        ...about,
        status: 'active',
        json,
        createdAt: state.createdAt.getTime(),
        changedAt: state.updatedAt.getTime(),
      };
    }
    case 'deleted':
      return {
        ...about,
        status: 'deleted',
        json: '',
        createdAt: state.createdAt.getTime(),
        changedAt: state.deletedAt.getTime(),
      };
  }
};
