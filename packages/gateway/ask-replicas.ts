import type { Entity } from '@muster/model';
import { type AggregatorClient, isAboutToSend, type ReadReply, type ReadRequest, type StateReply } from '@muster/wire';
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

const firstsShare = 0.6; // of the deadline for both replicas together
const wireMarginMs = 15; // part of a replica's deadline, for the reply to arrive in time after a wait

/**
 * Asks the owner of a thing, then its standby; the standby first if other requests are about to be sent to it, but none
 * to the owner. One deadline holds for both. Calls `take` once, without a promise: with
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
  const [first, second] = inOrder(answeringFor(gateway.members, partitionFor(gateway, entity, id)));
  if (!first) return take(undefined);
  const { REPLICA_DEADLINE_MS } = gateway.settings;
  const request = { entity: entity.name, id, minVersion: least };
  if (!second) return askOne(ask, first, request, REPLICA_DEADLINE_MS, take);
  const untilMs = performance.now() + REPLICA_DEADLINE_MS;
  askOne(ask, first, request, REPLICA_DEADLINE_MS * firstsShare, (held) => {
    if (held && !held.reply.behind) return take(held);
    askOne(ask, second, request, untilMs - performance.now(), (other) =>
      take(other && !other.reply.behind ? other : (held ?? other)),
    );
  });
};

// A block of requests wakes a process, which costs as much as several reads. So few processes are woken under load.
const inOrder = ([owner, standby]: AggregatorClient[]): [AggregatorClient?, AggregatorClient?] =>
  owner && standby && isAboutToSend(standby) && !isAboutToSend(owner) ? [standby, owner] : [owner, standby];

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
