import { absent, type Entity, present, type Rendered, renderState } from '@muster/model';
import { partitionOf } from '@muster/placement';
import type { Answer, Answers, MinVersion, Question, ReadReply, ReadRequest, StateReply } from '@muster/wire';
import type { Aggregator } from './aggregator.ts';
import { isBehind, lagMs } from './heart.ts';
import { sliceIds } from './sorted-ids.ts';
import { countActive, type Entry, findEntry, keepRendered, type Partition } from './table.ts';
import { waitForVersion } from './waiting.ts';

type Reply = { answer: Answer; text: string };

/** The read service of an aggregator. All answers come from memory. */
export const openAnswers = (aggregator: Aggregator): Answers => ({
  read: (request) => answerRead(aggregator, request, readReplyOf),
  readState: (request) => answerRead(aggregator, request, stateReplyOf),
  ask: (question) => answerQuestion(aggregator, question),
});

type Missing = { kind: 'notHere' } | { kind: 'notYet' };

/** Makes the reply about a thing in a served partition. The entry is undefined if the thing never existed. */
type ReplyOf<Reply> = (
  aggregator: Aggregator,
  partition: Partition,
  entity: Entity,
  id: string,
  entry: Entry | undefined,
) => Reply;

const answerRead = <Reply>(
  aggregator: Aggregator,
  request: ReadRequest,
  replyOf: ReplyOf<Reply>,
): Reply | Missing | Promise<Reply | Missing> => {
  const { entities, settings, table } = aggregator;
  const partition = table.get(partitionOf(request.entity, request.id, settings.PARTITIONS));
  const entity = entities.get(request.entity);
  if (!partition?.served || !entity) return { kind: 'notHere' };
  const entry = findEntry(partition, request.entity, request.id);
  if ((entry?.version ?? 0) >= request.minVersion) return replyOf(aggregator, partition, entity, request.id, entry);
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
  return replyOf(aggregator, partition, entity, id, findEntry(partition, entity.name, id));
};

const readReplyOf: ReplyOf<ReadReply> = (aggregator, partition, entity, id, entry) => {
  const { heart } = aggregator;
  try {
    const { status, version, json, createdAt, changedAt } = entry ? renderOnce(entry) : neverSeen;
    const about = { lagMs: lagMs(heart), behind: isBehind(heart), parked: isParked(partition, entity, id) };
    return { kind: 'state', status, version, json, createdAt, changedAt, ...about };
  } catch (error) {
    return withoutView(aggregator, `${entity.name} "${id}"`, error);
  }
};

const neverSeen: Rendered = { status: 'absent', version: 0, json: '', createdAt: 0, changedAt: 0 };

const renderOnce = (entry: Entry): Rendered => {
  if (entry.rendered) return entry.rendered;
  const rendered = renderState(entry.entity, entry.id, entry.state);
  keepRendered(entry, rendered);
  return rendered;
};

const stateReplyOf: ReplyOf<StateReply> = ({ heart }, partition, entity, id, entry) => ({
  kind: 'state',
  state: entry?.state ?? absent,
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
    case 'dump':
      return dump(aggregator, question);
  }
};

const notYet: Reply = { answer: { kind: 'notYet' }, text: '' };
const notHere: Reply = { answer: { kind: 'notHere' }, text: '' };

/** Whether these versions have been applied here, now or within `waitMs` milliseconds. */
const isReached = async (
  { settings, table, waiting }: Aggregator,
  minVersions: readonly MinVersion[],
  waitMs: number,
): Promise<boolean> => {
  const reached = minVersions.map(([entity, id, version]) => {
    const partition = table.get(partitionOf(entity, id, settings.PARTITIONS));
    if (!partition) return true; // not ours to say
    const known = findEntry(partition, entity, id)?.version ?? 0;
    return known >= version || waitForVersion(waiting, `${entity}:${id}`, version, waitMs);
  });
  return (await Promise.all(reached)).every(Boolean);
};

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
  const active = partition.active.get(entity.name);
  const ids = active ? sliceIds(active, asked.offset, asked.limit) : [];
  try {
    const shown = ids.flatMap((id) => presented(entity, findEntry(partition, entity.name, id)));
    const answer = { kind: 'listed' as const, items: shown.length, lagMs: lagMs(heart), behind: isBehind(heart) };
    return { answer, text: shown.join(',') };
  } catch (error) {
    return { answer: withoutView(aggregator, `a list of ${entity.name}s`, error), text: '' };
  }
};

const presented = (entity: Entity, entry: Entry | undefined): string[] =>
  entry?.state.status === 'active' ? [JSON.stringify(present(entity, entry.id, entry.state.fields))] : [];

const dump = (
  { table }: Aggregator,
  { partition: number, entity, after, limit }: Extract<Question, { kind: 'dump' }>,
): Reply => {
  const partition = table.get(number);
  if (!partition?.served) return notHere;
  const entries = [...(partition.entries.get(entity)?.values() ?? [])].filter((entry) => entry.id > after);
  const page = entries.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
  return { answer: { kind: 'dumped', states: page.map(({ id, state }) => [id, state]) }, text: '' };
};
