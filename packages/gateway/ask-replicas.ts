import type { Entity } from '@muster/model';
import type { AggregatorClient, ReadReply, ReadRequest, StateReply } from '@muster/wire';
import { type Gateway, partitionFor } from './gateway.ts';
import { answeringFor } from './members.ts';

type Replied = ReadReply<Buffer> | StateReply;

/** A way to read from one replica: `readThen` or `readStateThen` of the wire. */
type Ask<Reply> = (
  replica: AggregatorClient,
  request: ReadRequest,
  withinMs: number,
  take: (reply: Reply | undefined) => void,
) => void;

/** The reply of a replica about a thing, and the name of the replica. */
export type Held<Reply> = { source: string; reply: Extract<Reply, { kind: 'state' }> };

const ownersShare = 0.6; // of the deadline for owner and standby together
const wireMarginMs = 15; // part of a replica's deadline, for the reply to arrive in time after a wait

/**
 * Asks the owner of a thing, then its standby. One deadline holds for both. Calls `take` once, without a promise: with
 * undefined if neither answers with version `least` or newer. A replica that lags behind the log counts only if no
 * other replica answers.
 */
export const askReplicas = <Reply extends Replied>(
  gateway: Gateway,
  entity: Entity,
  id: string,
  least: number,
  ask: Ask<Reply>,
  take: (held: Held<Reply> | undefined) => void,
): void => {
  const [owner, standby] = answeringFor(gateway.members, partitionFor(gateway, entity, id));
  if (!owner) return take(undefined);
  const { REPLICA_DEADLINE_MS } = gateway.settings;
  const request = { entity: entity.name, id, minVersion: least };
  if (!standby) return askOne(ask, owner, request, REPLICA_DEADLINE_MS, take);
  const untilMs = performance.now() + REPLICA_DEADLINE_MS;
  askOne(ask, owner, request, REPLICA_DEADLINE_MS * ownersShare, (held) => {
    if (held && !held.reply.behind) return take(held);
    askOne(ask, standby, request, untilMs - performance.now(), (other) =>
      take(other && !other.reply.behind ? other : (held ?? other)),
    );
  });
};

const askOne = <Reply extends Replied>(
  ask: Ask<Reply>,
  replica: AggregatorClient,
  { entity, id, minVersion }: Omit<ReadRequest, 'waitMs'>,
  withinMs: number,
  take: (held: Held<Reply> | undefined) => void,
): void =>
  ask(replica, { entity, id, minVersion, waitMs: withinMs - wireMarginMs }, withinMs, (reply) =>
    take(
      reply?.kind === 'state' ? { source: replica.name, reply: reply as Extract<Reply, { kind: 'state' }> } : undefined,
    ),
  );
