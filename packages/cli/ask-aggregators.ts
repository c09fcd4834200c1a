import { type Member, memberOf } from '@muster/placement';
import { pause } from '@muster/runtime';
import { type Log, listMembers } from '@muster/store';
import {
  type AggregatorClient,
  type Answer,
  askAggregator,
  closeAggregatorClient,
  isAnswering,
  openAggregatorClient,
  type Question,
} from '@muster/wire';

/** Connections to the aggregators that answer, and which of them serve which partition. */
export type Aggregators = AsyncDisposable & {
  replicas: AggregatorClient[];
  byPartition: ReadonlyMap<number, AggregatorClient[]>;
  silent: string[];
};

const connectMs = 3_000;
const restoringMs = 1_500;

/**
 * Connects to every aggregator that has a document in the database, with the secret of the wire; those that take no
 * connection within 3 s are `silent`, each with why where that is known.
 */
export const openAggregators = async (log: Log, secret: string | undefined): Promise<Aggregators> => {
  const members = (await listMembers(log, 5_000)).map(memberOf);
  const listed = members.filter(({ address }) => address !== '');
  if (secret === undefined) return withoutSecret(listed);
  const problems = new Map<string, string>();
  const opened = listed.map((member) => ({
    member,
    replica: connectTo(member, log.database, secret, problems),
  }));
  const untilMs = performance.now() + connectMs;
  while (performance.now() < untilMs && !opened.every(({ replica }) => isAnswering(replica))) await pause(20);
  const answering = opened.filter(({ replica }) => isAnswering(replica));
  const silent = opened
    .filter(({ replica }) => !isAnswering(replica))
    .map(({ replica }) => problems.get(replica.name) ?? replica.name);
  const close = async () => {
    for (const { replica } of opened) closeAggregatorClient(replica);
  };
  return {
    replicas: answering.map(({ replica }) => replica),
    byPartition: mapPartitions(answering),
    silent,
    [Symbol.asyncDispose]: close,
  };
};

const connectTo = (
  { name, address, incarnation }: Member,
  database: string,
  secret: string,
  problems: Map<string, string>,
): AggregatorClient =>
  openAggregatorClient({
    name,
    address,
    incarnation,
    database,
    secret,
    onProblem: ({ message }) => problems.set(name, message),
  });

const withoutSecret = (listed: readonly Member[]): Aggregators => ({
  replicas: [],
  byPartition: new Map(),
  silent: listed.map(({ name }) => `${name} (CLUSTER_SECRET is not set: give this command that of the aggregators)`),
  [Symbol.asyncDispose]: async () => undefined,
});

const mapPartitions = (
  answering: { member: Member; replica: AggregatorClient }[],
): ReadonlyMap<number, AggregatorClient[]> => {
  const serving = new Map<number, AggregatorClient[]>();
  for (const { member, replica } of answering)
    for (const partition of member.partitions) serving.set(partition, [...(serving.get(partition) ?? []), replica]);
  return serving;
};

/**
 * An aggregator's answer to a question, asked again for a while where it does not have that partition (it may be
 * restoring it), up to `withinMs` milliseconds in all; undefined when none came.
 */
export const askUntil = async (
  replica: AggregatorClient,
  question: Question,
  withinMs: number,
): Promise<Answer | undefined> => {
  const startedAt = performance.now();
  const untilMs = startedAt + withinMs;
  while (performance.now() < untilMs) {
    const reply = await askAggregator(replica, question, untilMs - performance.now());
    if (reply && reply.answer.kind !== 'notHere') return reply.answer;
    if (reply && performance.now() - startedAt > restoringMs) return undefined;
    await pause(100);
  }
  return undefined;
};
