import { absent, type Entity, type State } from '@muster/model';
import { partitionOf } from '@muster/placement';
import { readStates } from '@muster/store';
import type { MinVersion } from '@muster/wire';
import type { Aggregator } from './aggregator.ts';
import { findState, isInMemory, type Partition } from './table.ts';

const readDeadlineMs = 1_000;
const readsMax = 256;

/**
 * Returns the state of a thing of an entity with `keep`: from memory, or from its record if it is not there. It has all
 * events that were applied here. Undefined if the database does not answer, or if very many records are being read.
 */
export const readKept = async (
  aggregator: Aggregator,
  partition: Partition,
  entity: Entity,
  id: string,
): Promise<State | undefined> => {
  const { log, reading } = aggregator;
  if (isInMemory(partition, entity.name, id)) return findState(partition, entity.name, id);
  if (reading.count >= readsMax) return undefined;
  reading.count += 1;
  try {
    const states = await readStates(log, entity, [id], readDeadlineMs);
    // it may have come meanwhile
    if (isInMemory(partition, entity.name, id)) return findState(partition, entity.name, id);
    return states.get(id) ?? absent;
  } catch {
    return undefined; // the gateway reads it itself
  } finally {
    reading.count -= 1;
  }
};

/**
 * Returns the versions of the records of those things that belong to an entity with `keep` and are not in memory, by
 * `entity:id`. None if the database does not answer.
 */
export const readKeptVersions = async (
  aggregator: Aggregator,
  minVersions: readonly MinVersion[],
): Promise<ReadonlyMap<string, number>> => {
  const versions = new Map<string, number>();
  for (const entity of aggregator.entities.values()) {
    const ids = minVersions.flatMap(([name, id]) => (isElsewhere(aggregator, entity, name, id) ? [id] : []));
    const states = await readStates(aggregator.log, entity, ids, readDeadlineMs).catch(() => undefined);
    for (const [id, { version }] of states ?? []) versions.set(`${entity.name}:${id}`, version);
  }
  return versions;
};

const isElsewhere = ({ settings, table }: Aggregator, entity: Entity, name: string, id: string): boolean => {
  if (entity.keep === undefined || name !== entity.name) return false;
  const partition = table.get(partitionOf(name, id, settings.PARTITIONS));
  return partition !== undefined && !isInMemory(partition, name, id);
};
