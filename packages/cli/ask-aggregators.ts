import { pause } from '@muster/runtime';
import { type AggregatorDocument, type Log, listMembers } from '@muster/store';
import { type Answer, askHolder, closeHolder, type Holder, isAnswering, openHolder, type Question } from '@muster/wire';

/** Connections to the aggregators that answer, and which of them serve which partition. */
export type Aggregators = AsyncDisposable & {
  holders: Holder[];
  byPartition: ReadonlyMap<number, Holder[]>;
  silent: string[];
};

const connectMs = 3_000;
const restoringMs = 1_500;

/**
 * Connects to every aggregator that has a document in the database, with the secret of the wire; those that take no
 * connection within 3 s are `silent`, each with why where that is known.
 */
export const openAggregators = async (log: Log, secret: string | undefined): Promise<Aggregators> => {
  const members = await listMembers(log, 5_000);
  const listed = members.filter(({ address }) => address !== '');
  if (secret === undefined) return withoutSecret(listed);
  const problems = new Map<string, string>();
  const opened = listed.map((member) => ({ member, holder: connectTo(member, log.db.databaseName, secret, problems) }));
  const untilMs = performance.now() + connectMs;
  while (performance.now() < untilMs && !opened.every(({ holder }) => isAnswering(holder))) await pause(20);
  const answering = opened.filter(({ holder }) => isAnswering(holder));
  const silent = opened
    .filter(({ holder }) => !isAnswering(holder))
    .map(({ holder }) => problems.get(holder.name) ?? holder.name);
  const close = async () => {
    for (const { holder } of opened) closeHolder(holder);
  };
  return {
    holders: answering.map(({ holder }) => holder),
    byPartition: mapPartitions(answering),
    silent,
    [Symbol.asyncDispose]: close,
  };
};

const connectTo = (
  { _id: name, address, incarnation }: AggregatorDocument,
  database: string,
  secret: string,
  problems: Map<string, string>,
): Holder =>
  openHolder({ name, address, incarnation, database, secret, onProblem: ({ message }) => problems.set(name, message) });

const withoutSecret = (listed: readonly AggregatorDocument[]): Aggregators => ({
  holders: [],
  byPartition: new Map(),
  silent: listed.map(({ _id }) => `${_id} (CLUSTER_SECRET is not set: give this command that of the aggregators)`),
  [Symbol.asyncDispose]: async () => undefined,
});

const mapPartitions = (answering: { member: AggregatorDocument; holder: Holder }[]): ReadonlyMap<number, Holder[]> => {
  const serving = new Map<number, Holder[]>();
  for (const { member, holder } of answering)
    for (const partition of member.partitions) serving.set(partition, [...(serving.get(partition) ?? []), holder]);
  return serving;
};

/**
 * An aggregator's answer to a question, asked again for a while where it does not have that partition (it may be
 * restoring it), up to `withinMs` milliseconds in all; undefined when none came.
 */
export const askUntil = async (holder: Holder, question: Question, withinMs: number): Promise<Answer | undefined> => {
  const startedAt = performance.now();
  const untilMs = startedAt + withinMs;
  while (performance.now() < untilMs) {
    const reply = await askHolder(holder, question, untilMs - performance.now());
    if (reply && reply.answer.kind !== 'notHere') return reply.answer;
    if (reply && performance.now() - startedAt > restoringMs) return undefined;
    await pause(100);
  }
  return undefined;
};
