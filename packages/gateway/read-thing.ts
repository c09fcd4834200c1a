import { type Entity, present, type State } from '@muster/model';
import { type Loaded, loadState } from '@muster/store';
import { type Holder, type ReadReply, readFrom } from '@muster/wire';
import { type Gateway, keyOf, partitionFor } from './gateway.ts';
import { answeringFor } from './members.ts';
import { remember, rememberedVersion } from './remembered.ts';

/**
 * A thing as it was read: what clients see of it, its version, where it came from and how old it may be in
 * milliseconds.
 */
export type Seen = {
  kind: 'seen';
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
export type Read = Seen | { kind: 'notReached'; version: number; least: number } | { kind: 'unavailable'; why: string };

const lateHolderMs = 400; // with the database's deadline this stays below 2 s
const ownersShare = 0.6; // of the time that owner and standby have together
const wireMarginMs = 15; // of a holder's time, so that an answer after a wait still comes in time

/**
 * Reads one thing at `minVersion` or newer, and never older than what this gateway told before: from its owner's
 * memory, else its standby's, else from the snapshot and the log's tail, else, with the database away, from a holder
 * that is behind.
 */
export const readThing = async (gateway: Gateway, entity: Entity, id: string, minVersion = 0): Promise<Read> => {
  const key = keyOf(entity, id);
  const least = Math.max(minVersion, rememberedVersion(gateway.remembered, key));
  const held = await readFromHolder(gateway, entity, id, least);
  const read = held && !held.behind ? held.seen : await readFromDatabase(gateway, entity, id, least, held?.seen);
  if (read.kind === 'seen') {
    if (read.version > 0) remember(gateway.remembered, key, read.version);
    gateway.metrics.reads.inc({ source: read.source });
  }
  return read;
};

/** What a holder has of a thing. `behind`: it does not hear of the log any more. */
type Held = { seen: Seen; behind: boolean };

/**
 * What a thing's owner has of it, else its standby, within the deadline of both together; undefined when neither
 * answers, or not with `least`.
 */
export const readFromHolder = async (
  gateway: Gateway,
  entity: Entity,
  id: string,
  least: number,
): Promise<Held | undefined> => {
  const [owner, standby] = answeringFor(gateway.members, partitionFor(gateway, entity, id));
  if (!owner) return undefined;
  const untilMs = performance.now() + gateway.settings.HOLDER_DEADLINE_MS;
  const ownersMs = gateway.settings.HOLDER_DEADLINE_MS * (standby ? ownersShare : 1);
  const held = await askFor(owner, entity, id, least, ownersMs);
  if (!standby || (held && !held.behind)) return held;
  const other = await askFor(standby, entity, id, least, untilMs - performance.now());
  return other && !other.behind ? other : (held ?? other);
};

const askFor = async (
  holder: Holder,
  entity: Entity,
  id: string,
  least: number,
  withinMs: number,
): Promise<Held | undefined> => {
  const reply = await readFrom(
    holder,
    { entity: entity.name, id, minVersion: least, waitMs: withinMs - wireMarginMs },
    withinMs,
  );
  return reply?.kind === 'state' ? { seen: seenOf(reply, holder.name), behind: reply.behind } : undefined;
};

/**
 * As above for one that stalled for a moment, and with it is left alone for a moment more: with the database away there
 * is nobody else to ask.
 */
const readFromLateHolder = async (
  gateway: Gateway,
  entity: Entity,
  id: string,
  least: number,
): Promise<Seen | undefined> => {
  const holders = gateway.members.byPartition[partitionFor(gateway, entity, id)] ?? [];
  // what it does not have yet it does not get, with the database away
  const request = { entity: entity.name, id, minVersion: least, waitMs: 0 };
  const asked = holders.slice(0, 2).map(async (holder) => {
    const reply = await readFrom(holder, request, lateHolderMs);
    if (reply?.kind !== 'state') throw new Error(`${holder.name} does not answer`);
    return seenOf(reply, holder.name);
  });
  return Promise.any(asked).catch(() => undefined);
};

/**
 * From the snapshot and the log's tail, which is right even with every aggregator down; when the database does not
 * answer, from `fallback`, else from the holder once more.
 */
const readFromDatabase = async (
  gateway: Gateway,
  entity: Entity,
  id: string,
  least: number,
  fallback: Seen | undefined,
): Promise<Read> => {
  const isAway = !gateway.database.reachable;
  const left = fallback ?? (isAway ? await readFromLateHolder(gateway, entity, id, least) : undefined);
  if (left && isAway) return left;
  try {
    const loaded = await loadState(
      gateway.log,
      entity,
      id,
      fallback ? gateway.settings.HOLDER_DEADLINE_MS : gateway.settings.DATABASE_DEADLINE_MS,
    );
    return loaded.state.version < least
      ? { kind: 'notReached', version: loaded.state.version, least }
      : seenOfLoaded(entity, id, loaded);
  } catch (error) {
    const seen = left ?? (isAway ? undefined : await readFromLateHolder(gateway, entity, id, least));
    return seen ?? { kind: 'unavailable', why: error instanceof Error ? error.message : String(error) };
  }
};

const seenOf = (
  { status, version, json, createdAt, changedAt, lagMs, parked }: Extract<ReadReply, { kind: 'state' }>,
  source: string,
): Seen => ({
  kind: 'seen',
  status,
  version,
  json,
  createdAt,
  changedAt,
  source,
  lagMs,
  parked,
});

const seenOfLoaded = (entity: Entity, id: string, { state, parked }: Loaded): Seen => {
  const about = {
    kind: 'seen' as const,
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
