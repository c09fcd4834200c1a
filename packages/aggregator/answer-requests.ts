import { type Entity, present, type State } from '@muster/model';
import { partitionOf } from '@muster/placement';
import type { Answer, Answers, MinVersion, Question, ReadReply, ReadRequest } from '@muster/wire';
import type { Aggregator } from './aggregator.ts';
import { isBehind, lagMs } from './heart.ts';
import { sliceIds } from './sorted-ids.ts';
import { countActive, type Entry, findEntry, type Partition } from './table.ts';
import { waitForVersion } from './waiting.ts';

type Reply = { answer: Answer; text: string };

/** The read service of an aggregator: every answer from memory. */
export const openAnswers = (aggregator: Aggregator): Answers => ({
  read: (request) => answerRead(aggregator, request),
  ask: (question) => answerQuestion(aggregator, question),
});

const answerRead = (aggregator: Aggregator, request: ReadRequest): ReadReply | Promise<ReadReply> => {
  const { entities, settings, table } = aggregator;
  const partition = table.get(partitionOf(request.entity, request.id, settings.PARTITIONS));
  const entity = entities.get(request.entity);
  if (!partition?.served || !entity) return { kind: 'notHere' };
  const entry = findEntry(partition, request.entity, request.id);
  if ((entry?.state.version ?? 0) >= request.minVersion)
    return replyOf(aggregator, partition, entity, request.id, entry);
  return waitAndReply(aggregator, partition, entity, request);
};

const waitAndReply = async (
  aggregator: Aggregator,
  partition: Partition,
  entity: Entity,
  { id, minVersion, waitMs }: ReadRequest,
): Promise<ReadReply> => {
  const reached = await waitForVersion(aggregator.waiting, `${entity.name}:${id}`, minVersion, waitMs);
  if (!reached) return { kind: 'notYet' };
  return replyOf(aggregator, partition, entity, id, findEntry(partition, entity.name, id));
};

const replyOf = (
  { heart }: Aggregator,
  partition: Partition,
  entity: Entity,
  id: string,
  entry: Entry | undefined,
): ReadReply => {
  const lag = lagMs(heart);
  const parked = partition.parked.size > 0 && partition.parked.has(`${entity.name}:${id}`);
  const about = { kind: 'state' as const, lagMs: lag, behind: isBehind(heart), parked };
  const state: State = entry?.state ?? { status: 'absent', version: 0 };
  switch (state.status) {
    case 'absent':
      return { ...about, status: 'absent', version: state.version, json: '', createdAt: 0, changedAt: 0 };
    case 'active':
      return {
        ...about,
        status: 'active',
        version: state.version,
        json: JSON.stringify(present(entity, id, state.fields)),
        createdAt: state.createdAt.getTime(),
        changedAt: state.updatedAt.getTime(),
      };
    case 'deleted':
      return {
        ...about,
        status: 'deleted',
        version: state.version,
        json: '',
        createdAt: state.createdAt.getTime(),
        changedAt: state.deletedAt.getTime(),
      };
  }
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

/** Whether everything that the asker must find again has been applied here, now or within `waitMs` milliseconds. */
const isReached = async (
  { settings, table, waiting }: Aggregator,
  minVersions: readonly MinVersion[],
  waitMs: number,
): Promise<boolean> => {
  const reached = minVersions.map(([entity, id, version]) => {
    const partition = table.get(partitionOf(entity, id, settings.PARTITIONS));
    if (!partition) return true; // not ours to say
    const known = findEntry(partition, entity, id)?.state.version ?? 0;
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

const list = ({ entities, heart, table }: Aggregator, asked: Extract<Question, { kind: 'list' }>): Reply => {
  const partition = table.get(asked.partition);
  const entity = entities.get(asked.entity);
  if (!partition?.served || !entity) return notHere;
  const active = partition.active.get(entity.name);
  const ids = active ? sliceIds(active, asked.offset, asked.limit) : [];
  const shown = ids.flatMap((id) => presented(entity, findEntry(partition, entity.name, id)));
  return {
    answer: { kind: 'listed', items: shown.length, lagMs: lagMs(heart), behind: isBehind(heart) },
    text: shown.join(','),
  };
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
