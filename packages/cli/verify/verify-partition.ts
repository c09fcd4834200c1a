import type { State } from '@muster/model';
import { partitionOf } from '@muster/placement';
import type { RecordDocument } from '@muster/store';
import { type AggregatorClient, isAnswering } from '@muster/wire';
import { findSuspects, type Held } from './find-suspects.ts';
import { countCaughtUp, countEvents, countState, type Difference, noteDifference, noteUnlooked } from './findings.ts';
import { foldLog } from './fold-log.ts';
import { inspectAgain, type Looking } from './inspect-again.ts';
import { readMemory } from './read-memory.ts';
import { readSnapshot } from './read-snapshot.ts';

/**
 * Compares one partition's memory and snapshot with the fold of its log, while all go on: the two are read first, so
 * that the log, read after them, has all that they can know. What seems behind or different is inspected again. Every
 * one of `replicas` is inspected; with none, memory is not compared.
 */
export const verifyPartition = async (
  looking: Looking,
  partition: number,
  replicas: readonly AggregatorClient[],
  onEvents: (events: number) => void,
): Promise<void> => {
  const { log, entities, findings, partitions } = looking;
  const memories: { replica: AggregatorClient | undefined; memory: Held['memory'] }[] = [];
  for (const replica of replicas) {
    const memory = await readAllMemory(looking, partition, replica);
    if (memory) memories.push({ replica, memory });
  }
  if (replicas.length > 0 && memories.length === 0)
    noteUnlooked(findings, partition, `${replicas.map(({ name }) => name).join(' and ')} do not hand it out`);
  if (memories.length === 0) memories.push({ replica: undefined, memory: undefined });
  const snapshot = await readSnapshot(log, [...entities.values()], partition);
  const keeping = new Set([...entities.values()].filter(({ keep }) => keep !== undefined).map(({ name }) => name));
  const helds = memories.map(({ memory }): Held => ({ keeping, memory, records: snapshot.records }));
  for (const difference of [
    ...snapshot.differences,
    ...helds.flatMap((held) => findMisplaced(held, partition, partitions)),
  ])
    noteDifference(findings, difference);

  const versionsOf = (entity: string, id: string) =>
    memories.map(({ memory }) => memory?.get(entity)?.get(id)?.version ?? 0);
  const wanted = (entity: string, id: string) =>
    new Set([...versionsOf(entity, id), snapshot.records.get(entity)?.get(id)?.version ?? 0]);
  const { streams, events } = await foldLog(log, entities, partition, wanted, onEvents);
  countEvents(findings, events);
  for (const { entity, state } of streams.values()) countState(findings, entity, state.status);

  for (const { replica, memory } of memories) {
    const suspects = findSuspects(streams, { keeping, memory, records: snapshot.records }, partition, partitions);
    countCaughtUp(findings, suspects.length);
    await inspectAgain(looking, partition, memory && replica, suspects);
  }
};

/** Undefined where the replica no longer has the partition: others do. One that does not answer is noted. */
const readAllMemory = async (
  { entities, findings }: Looking,
  partition: number,
  replica: AggregatorClient,
): Promise<Map<string, Map<string, State>> | undefined> => {
  const memory = new Map<string, Map<string, State>>();
  if (!isAnswering(replica)) {
    // nor did it for an earlier partition: that was waited for
    noteUnlooked(findings, partition, `${replica.name} does not answer`);
    return undefined;
  }
  for (const entity of entities.values()) {
    const states = await readMemory(replica, partition, entity);
    if (!states) return undefined;
    memory.set(entity.name, states);
  }
  return memory;
};

const findMisplaced = ({ memory, records }: Held, partition: number, partitions: number): Difference[] => [
  ...misplacedIn('memory', memory ?? new Map<string, Map<string, State>>(), partition, partitions),
  ...misplacedIn('snapshot', records, partition, partitions),
];

const misplacedIn = (
  what: string,
  held: ReadonlyMap<string, ReadonlyMap<string, State | RecordDocument>>,
  partition: number,
  partitions: number,
): Difference[] =>
  [...held].flatMap(([entity, things]) =>
    [...things.keys()]
      .filter((id) => partitionOf(entity, id, partitions) !== partition)
      .map((id) => ({
        what: 'A thing is held in the wrong partition',
        where: `${what}, ${entity} "${id}"`,
        expected: `partition ${partitionOf(entity, id, partitions)}`,
        found: `partition ${partition}`,
      })),
  );
