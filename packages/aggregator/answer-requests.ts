import { type Entity, renderState, type State } from '@muster/model';
import { partitionOf } from '@muster/placement';
import type { Answer, Answers, MinVersion, Question, ReadReply, ReadRequest, StateReply } from '@muster/wire';
import type { Aggregator } from './aggregator.ts';
import { answerQuery } from './answer-query.ts';
import { answerView } from './answer-view.ts';
import { isBehind, lagMs } from './heart.ts';
import { readKept, readKeptVersions } from './read-record.ts';
import { countActive, findState, findVersion, isInMemory, listActive, listThings, type Partition } from './table.ts';
import { waitForVersion } from './waiting.ts';

type Reply = { answer: Answer; text: string };

/** The read service of an aggregator. All answers come from memory. */
export const openAnswers = (aggregator: Aggregator): Answers => ({
  read: (request) => answerRead(aggregator, request, readReplyOf),
  readState: (request) => answerRead(aggregator, request, stateReplyOf),
  ask: (question) => answerQuestion(aggregator, question),
});

type Missing = { kind: 'notHere' } | { kind: 'notYet' };

/** Makes the reply about a thing in a served partition. */
type ReplyOf<Reply> = (aggregator: Aggregator, partition: Partition, entity: Entity, id: string, state: State) => Reply;

const answerRead = <Reply>(
  aggregator: Aggregator,
  request: ReadRequest,
  replyOf: ReplyOf<Reply>,
): Reply | Missing | Promise<Reply | Missing> => {
  const { entities, settings, table } = aggregator;
  const partition = table.get(partitionOf(request.entity, request.id, settings.PARTITIONS));
  const entity = entities.get(request.entity);
  if (!partition?.served || !entity) return { kind: 'notHere' };
  if (entity.keep !== undefined && !isInMemory(partition, entity.name, request.id))
    return answerFromRecord(aggregator, partition, entity, request, replyOf);
  const state = findState(partition, request.entity, request.id);
  if (state.version >= request.minVersion) return replyOf(aggregator, partition, entity, request.id, state);
  return waitAndReply(aggregator, partition, entity, request, replyOf);
};

const answerFromRecord = async <Reply>(
  aggregator: Aggregator,
  partition: Partition,
  entity: Entity,
  request: ReadRequest,
  replyOf: ReplyOf<Reply>,
): Promise<Reply | Missing> => {
  const state = await readKept(aggregator, partition, entity, request.id);
  if (!state || aggregator.table.get(partition.number) !== partition) return { kind: 'notHere' };
  if (state.version >= request.minVersion) return replyOf(aggregator, partition, entity, request.id, state);
  return waitAndReply(aggregator, partition, entity, request, replyOf);
};

const waitAndReply = async <Reply>(
  aggregator: Aggregator,
  partition: Partition,
  entity: Entity,
  { id, minVersion, waitMs }: ReadRequest,
  replyOf: ReplyOf<Reply>,
): Promise<Reply | Missing> => {
  const reached = await waitForVersion(aggregator.waiting, `${entity.name}:${id}`, minVersion, waitMs);
  if (!reached) return { kind: 'notYet' };
  return replyOf(aggregator, partition, entity, id, findState(partition, entity.name, id));
};

const readReplyOf: ReplyOf<ReadReply> = (aggregator, partition, entity, id, state) => {
  const { heart } = aggregator;
  try {
    const { status, version, json, createdAt, changedAt } = renderState(entity, id, state);
    const about = { lagMs: lagMs(heart), behind: isBehind(heart), parked: isParked(partition, entity, id) };
    return { kind: 'state', status, version, json, createdAt, changedAt, ...about };
  } catch (error) {
    return withoutView(aggregator, `${entity.name} "${id}"`, error);
  }
};

const stateReplyOf: ReplyOf<StateReply> = ({ heart }, partition, entity, id, state) => ({
  kind: 'state',
  state,
  lagMs: lagMs(heart),
  behind: isBehind(heart),
  parked: isParked(partition, entity, id),
});

const isParked = ({ parked }: Partition, entity: Entity, id: string) =>
  parked.size > 0 && parked.has(`${entity.name}:${id}`);

// the entity's own code failed for one thing: the connection and all other things are still served
const withoutView = ({ logger }: Aggregator, what: string, error: unknown): { kind: 'notHere' } => {
  logger.error({ err: error }, `Cannot answer with ${what}: the present of its entity fails`);
  return { kind: 'notHere' };
};

const answerQuestion = async (aggregator: Aggregator, question: Question): Promise<Reply> => {
  switch (question.kind) {
    case 'count':
      return (await isReached(aggregator, question.minVersions, question.waitMs))
        ? count(aggregator, question.partitions)
        : notYet;
    case 'list':
      return (await isReached(aggregator, question.minVersions, question.waitMs)) ? list(aggregator, question) : notYet;
    case 'query':
      return (await isReached(aggregator, question.minVersions, question.waitMs))
        ? answerQuery(aggregator, question)
        : notYet;
    case 'view':
      return (await isReached(aggregator, question.minVersions, question.waitMs))
        ? answerView(aggregator, question)
        : notYet;
    case 'dump':
      return dump(aggregator, question);
  }
};

const notYet: Reply = { answer: { kind: 'notYet' }, text: '' };
const notHere: Reply = { answer: { kind: 'notHere' }, text: '' };

/** Whether these versions have been applied here, now or within `waitMs` milliseconds. */
const isReached = async (
  aggregator: Aggregator,
  minVersions: readonly MinVersion[],
  waitMs: number,
): Promise<boolean> => {
  const behind = minVersions.filter((one) => !isApplied(aggregator, one));
  if (behind.length === 0) return true;
  const saved = readKeptVersions(aggregator, behind);
  const reached = behind.map(([entity, id, version]) => {
    const key = `${entity}:${id}`;
    const isSaved = saved.then((versions) => (versions.get(key) ?? 0) >= version);
    return isEither(isSaved, waitForVersion(aggregator.waiting, key, version, waitMs));
  });
  return (await Promise.all(reached)).every(Boolean);
};

const isApplied = ({ settings, table }: Aggregator, [entity, id, version]: MinVersion): boolean => {
  const partition = table.get(partitionOf(entity, id, settings.PARTITIONS));
  return !partition || findVersion(partition, entity, id) >= version; // without it, others have to say
};

/** Whether one of two is true. Does not wait for the second one if the first one is. */
const isEither = async (one: Promise<boolean>, other: Promise<boolean>): Promise<boolean> => (await one) || other;

const count = ({ entities, heart, table }: Aggregator, partitions: readonly number[]): Reply => {
  const served = partitions.flatMap((number) => table.get(number) ?? []).filter((partition) => partition.served);
  const activeOf = (partition: Partition) =>
    Object.fromEntries([...entities.keys()].map((name) => [name, countActive(partition, name)]));
  const active = Object.fromEntries(served.map((partition) => [partition.number, activeOf(partition)]));
  return { answer: { kind: 'counted', active, lagMs: lagMs(heart), behind: isBehind(heart) }, text: '' };
};

const list = (aggregator: Aggregator, asked: Extract<Question, { kind: 'list' }>): Reply => {
  const { entities, heart, table } = aggregator;
  const partition = table.get(asked.partition);
  const entity = entities.get(asked.entity);
  if (!partition?.served || !entity) return notHere;
  const things = listActive(partition, entity.name, asked.offset, asked.limit);
  try {
    const shown = things.map(([id, state]) => renderState(entity, id, state).json);
    const answer = { kind: 'listed' as const, items: shown.length, lagMs: lagMs(heart), behind: isBehind(heart) };
    return { answer, text: shown.join(',') };
  } catch (error) {
    return { answer: withoutView(aggregator, `a list of ${entity.name}s`, error), text: '' };
  }
};

const dump = (
  { table }: Aggregator,
  { partition: number, entity, after, limit }: Extract<Question, { kind: 'dump' }>,
): Reply => {
  const partition = table.get(number);
  if (!partition?.served) return notHere;
  return { answer: { kind: 'dumped', states: listThings(partition, entity, after, limit) }, text: '' };
};
