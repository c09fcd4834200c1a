import type { Entity } from '@muster/model';
import type { AggregatorClient, ReadReply, ReadRequest, StateReply } from '@muster/wire';
import { type Gateway, partitionFor } from './gateway.ts';
import { answeringFor } from './members.ts';

/** A way to read from one replica: `readFrom` or `readStateFrom` of the wire. */
type Ask<Reply> = (replica: AggregatorClient, request: ReadRequest, withinMs: number) => Promise<Reply | undefined>;

/** The reply of a replica about a thing, and the name of the replica. */
export type Held<Reply> = { source: string; reply: Extract<Reply, { kind: 'state' }> };

const ownersShare = 0.6; // of the deadline for owner and standby together
const wireMarginMs = 15; // part of a replica's deadline, for the reply to arrive in time after a wait

/**
 * Asks the owner of a thing, then its standby. One deadline holds for both. Returns undefined if neither answers with
 * version `least` or newer. A replica that lags behind the log counts only if no other replica answers.
 */
export const askReplicas = async <Reply extends ReadReply | StateReply>(
  gateway: Gateway,
  entity: Entity,
  id: string,
  least: number,
  ask: Ask<Reply>,
): Promise<Held<Reply> | undefined> => {
  const [owner, standby] = answeringFor(gateway.members, partitionFor(gateway, entity, id));
  if (!owner) return undefined;
  const { REPLICA_DEADLINE_MS } = gateway.settings;
  const untilMs = performance.now() + REPLICA_DEADLINE_MS;
  const request = { entity: entity.name, id, minVersion: least };
  const held = await askOne(ask, owner, request, REPLICA_DEADLINE_MS * (standby ? ownersShare : 1));
  if (!standby || (held && !held.reply.behind)) return held;
  const other = await askOne(ask, standby, request, untilMs - performance.now());
  return other && !other.reply.behind ? other : (held ?? other);
};

const askOne = async <Reply extends ReadReply | StateReply>(
  ask: Ask<Reply>,
  replica: AggregatorClient,
  request: Omit<ReadRequest, 'waitMs'>,
  withinMs: number,
): Promise<Held<Reply> | undefined> => {
  const reply = await ask(replica, { ...request, waitMs: withinMs - wireMarginMs }, withinMs);
  return reply?.kind === 'state'
    ? { source: replica.name, reply: reply as Extract<Reply, { kind: 'state' }> }
    : undefined;
};
