import { coverOf } from '@muster/placement';
import { type AggregatorClient, type Answer, askAggregator, type QueryQuestion, type ViewQuestion } from '@muster/wire';
import { firstShare, isCurrent, wireMarginMs } from './count-in-memory.ts';
import type { Freshness } from './freshness.ts';
import type { Gateway } from './gateway.ts';
import { answeringFor } from './members.ts';

/** What every aggregator is asked. Each one is asked for its own partitions. */
export type Asked = Unplaced<QueryQuestion> | Unplaced<ViewQuestion>;
export type Unplaced<Question> = Omit<Question, 'partitions' | 'minVersions' | 'waitMs'>;

/** The partitions that are answered, and what takes an answer: it adds the partitions of the answer. */
export type Answering = {
  answered: ReadonlySet<number>;
  take: (source: string, answer: Answer, text: string) => void;
  minVersions: Freshness['minVersions'];
};

/**
 * Asks about all things of an entity in memory. It asks the smallest set of aggregators that covers all partitions. If
 * one of them does not answer, it asks other replicas. Those that need more time get it, up to the deadline of the
 * database. Partitions without an answer stay unanswered.
 */
export const askInMemory = async (gateway: Gateway, asked: Asked, answering: Answering): Promise<void> => {
  const { DATABASE_DEADLINE_MS, REPLICA_DEADLINE_MS } = gateway.settings;
  const allMs = replicaDeadlines * REPLICA_DEADLINE_MS;
  const untilMs = performance.now() + allMs;
  const busy = new Set<AggregatorClient>();
  const silent = await askCover(gateway, asked, answering, new Set(), allMs * firstShare, busy);
  if (silent.size === 0) return;
  await askCover(gateway, asked, answering, silent, untilMs - performance.now(), busy);
  // a replica that works on the question answers in time that it has no result yet
  const unable = new Set([...gateway.members.byPartition.flat()].filter((replica) => !busy.has(replica)));
  if (busy.size > 0) await askCover(gateway, asked, answering, unable, DATABASE_DEADLINE_MS, new Set());
};

const replicaDeadlines = 4; // a query does more than a count

/** Asks the smallest set for the unanswered partitions, except those in `without`. Returns those without a result. */
const askCover = async (
  gateway: Gateway,
  asked: Asked,
  { answered, minVersions, take }: Answering,
  without: ReadonlySet<AggregatorClient>,
  withinMs: number,
  busy: Set<AggregatorClient>,
): Promise<Set<AggregatorClient>> => {
  const silent = new Set<AggregatorClient>();
  const asking = chooseReplicas(gateway, answered, without).map(async ([replica, partitions]) => {
    const waitMs = Math.max(0, Math.round(withinMs - wireMarginMs));
    const question = { ...asked, partitions, minVersions: minVersions(partitions), waitMs };
    const reply = await askAggregator(replica, question, withinMs);
    if (reply && 'lagMs' in reply.answer && isCurrent(gateway, reply.answer))
      take(replica.name, reply.answer, reply.text);
    if (reply?.answer.kind === 'notYet') busy.add(replica);
    if (partitions.some((partition) => !answered.has(partition))) silent.add(replica);
  });
  await Promise.all(asking);
  return silent;
};

const chooseReplicas = (
  { members, settings }: Gateway,
  answered: ReadonlySet<number>,
  without: ReadonlySet<AggregatorClient>,
): [AggregatorClient, number[]][] => {
  members.turn += 1;
  const having: AggregatorClient[][] = Array.from({ length: settings.PARTITIONS }, () => []);
  for (const partition of unansweredIn(answered, settings.PARTITIONS))
    having[partition] = answeringFor(members, partition).filter((replica) => !without.has(replica));
  return [...coverOf(having, members.turn)];
};

/** Returns the partitions without an answer. */
export const unansweredIn = (answered: ReadonlySet<number>, partitions: number): number[] =>
  Array.from({ length: partitions }, (_, partition) => partition).filter((partition) => !answered.has(partition));

/** Says that no replica answered for these partitions. */
export const noReplica = ({ length }: readonly number[]): string =>
  `no aggregator answered in time for ${length} partitions`;
