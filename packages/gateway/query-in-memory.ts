import type { Entity } from '@muster/model';
import { coverOf } from '@muster/placement';
import { type AggregatorClient, askAggregator, type QueryQuestion } from '@muster/wire';
import { firstShare, isCurrent, wireMarginMs } from './count-in-memory.ts';
import type { Gateway } from './gateway.ts';
import { answeringFor } from './members.ts';
import { type QueryParts, takeQueried, unansweredIn } from './query-parts.ts';
import { recentWrites } from './remembered.ts';

/** What every aggregator is asked. */
export type Asked = Omit<QueryQuestion, 'kind' | 'entity' | 'partitions' | 'minVersions' | 'waitMs'>;

/**
 * Queries the things of an entity in memory. It asks the smallest set of aggregators that covers all partitions. If one
 * of them does not answer, it asks other replicas. Those that need more time for the query get it, up to the deadline
 * of the database. Partitions without an answer stay unanswered.
 */
export const queryInMemory = async (
  gateway: Gateway,
  entity: Entity,
  asked: Asked,
  parts: QueryParts,
): Promise<void> => {
  const { DATABASE_DEADLINE_MS, REPLICA_DEADLINE_MS } = gateway.settings;
  const allMs = replicaDeadlines * REPLICA_DEADLINE_MS;
  const untilMs = performance.now() + allMs;
  const busy = new Set<AggregatorClient>();
  const silent = await askCover(gateway, entity, asked, parts, new Set(), allMs * firstShare, busy);
  if (silent.size === 0) return;
  await askCover(gateway, entity, asked, parts, silent, untilMs - performance.now(), busy);
  // a replica that works on the query answers in time that it has no result yet
  const unable = new Set([...gateway.members.byPartition.flat()].filter((replica) => !busy.has(replica)));
  if (busy.size > 0) await askCover(gateway, entity, asked, parts, unable, DATABASE_DEADLINE_MS, new Set());
};

const replicaDeadlines = 4; // a query does more than a count

/** Asks the smallest set for the unanswered partitions, except those in `without`. Returns those without a result. */
const askCover = async (
  gateway: Gateway,
  entity: Entity,
  asked: Asked,
  parts: QueryParts,
  without: ReadonlySet<AggregatorClient>,
  withinMs: number,
  busy: Set<AggregatorClient>,
): Promise<Set<AggregatorClient>> => {
  const silent = new Set<AggregatorClient>();
  const asking = chooseReplicas(gateway, parts, without).map(async ([replica, partitions]) => {
    const minVersions = recentWrites(gateway.remembered, partitions);
    const waitMs = Math.max(0, Math.round(withinMs - wireMarginMs));
    const question = { ...asked, kind: 'query' as const, entity: entity.name, partitions, minVersions, waitMs };
    const reply = await askAggregator(replica, question, withinMs);
    if (reply?.answer.kind === 'queried' && isCurrent(gateway, reply.answer))
      takeQueried(parts, replica.name, reply.answer, reply.text);
    if (reply?.answer.kind === 'notYet') busy.add(replica);
    if (partitions.some((partition) => !parts.answered.has(partition))) silent.add(replica);
  });
  await Promise.all(asking);
  return silent;
};

const chooseReplicas = (
  { members, settings }: Gateway,
  parts: QueryParts,
  without: ReadonlySet<AggregatorClient>,
): [AggregatorClient, number[]][] => {
  members.turn += 1;
  const having: AggregatorClient[][] = Array.from({ length: settings.PARTITIONS }, () => []);
  for (const partition of unansweredIn(parts, settings.PARTITIONS))
    having[partition] = answeringFor(members, partition).filter((replica) => !without.has(replica));
  return [...coverOf(having, members.turn)];
};
