import type { State } from '@muster/model';
import { partitionOf } from '@muster/placement';
import type { RecordDocument } from '@muster/store';
import { isRecordOf, isSameState } from './comparable-state.ts';
import type { Stream } from './fold-streams.ts';

/**
 * What memory and the snapshot have of a partition, by entity's name, then id; `memory` is undefined where it could not
 * be read.
 */
export type Held = {
  keeping: ReadonlySet<string>; // the entities with `keep`: memory need not have their things
  memory: ReadonlyMap<string, ReadonlyMap<string, State>> | undefined;
  records: ReadonlyMap<string, ReadonlyMap<string, RecordDocument>>;
};

/** A stream to be inspected again: what was read of it first. The log had at least its version `lastVersion`. */
export type Suspect = {
  entity: string;
  id: string;
  lastVersion: number;
  memory: State | undefined;
  record: RecordDocument | undefined;
};

/**
 * The streams of which memory, snapshot and the fold of the log are not plainly the same: behind, odd or different; the
 * log went on while it was read. Pure.
 */
export const findSuspects = (
  streams: ReadonlyMap<string, Stream>,
  held: Held,
  partition: number,
  partitions: number,
): Suspect[] => {
  const suspects: Suspect[] = [];
  for (const stream of streams.values()) {
    const { entity, id } = stream;
    const memory = held.memory?.get(entity)?.get(id);
    const record = held.records.get(entity)?.get(id);
    const isPlain =
      isInPlace(stream, partition, partitions) && isPlainMemory(stream, held, memory) && isPlainRecord(stream, record);
    if (!isPlain) suspects.push({ entity, id, lastVersion: stream.state.version, memory, record });
  }
  return [...suspects, ...findUnlogged(streams, held)];
};

const isInPlace = (stream: Stream, partition: number, partitions: number) =>
  !stream.isOdd &&
  stream.ahead.size === 0 &&
  stream.poison === undefined &&
  partitionOf(stream.entity, stream.id, partitions) === partition;

const isPlainMemory = ({ entity, id, state }: Stream, held: Held, memory: State | undefined) => {
  if (held.memory === undefined) return true;
  if (!memory) return held.keeping.has(entity) && held.records.get(entity)?.get(id)?.version === state.version;
  return memory.version === state.version && isSameState(memory, state);
};

const isPlainRecord = ({ kept }: Stream, record: RecordDocument | undefined) => {
  if (!record) return true;
  const state = kept.get(record.version);
  return state !== undefined && isRecordOf(record, state);
};

/** What memory or the snapshot has though the log of the partition had nothing of it. */
const findUnlogged = (streams: ReadonlyMap<string, Stream>, held: Held): Suspect[] => {
  const unlogged = new Map<string, Suspect>();
  const note = (entity: string, id: string, more: Partial<Suspect>) => {
    const key = `${entity}:${id}`;
    if (streams.has(key)) return;
    const known = unlogged.get(key) ?? { entity, id, lastVersion: 0, memory: undefined, record: undefined };
    unlogged.set(key, { ...known, ...more });
  };
  for (const [entity, states] of held.memory ?? []) for (const [id, memory] of states) note(entity, id, { memory });
  for (const [entity, records] of held.records) for (const [id, record] of records) note(entity, id, { record });
  return [...unlogged.values()];
};
