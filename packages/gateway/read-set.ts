import type { Entity } from '@muster/model';
import { countSaved, databaseNow } from '@muster/store';
import { noReplica } from './ask-in-memory.ts';
import { countInMemory } from './count-in-memory.ts';
import { type Freshness, withOwnWrites } from './freshness.ts';
import type { Gateway } from './gateway.ts';
import {
  type About,
  missingIn,
  openPartitionCounts,
  type PartitionCounts,
  takeSavedCount,
  totalOf,
} from './partition-counts.ts';
import { readSlice, type Slice } from './read-slice.ts';
import { whyFailed } from './why-failed.ts';

export type Count = { kind: 'counted'; total: number; about: About };
export type Page = { kind: 'listed'; json: string; total: number; about: About };
type Unavailable = { kind: 'unavailable'; why: string };

/** Counts an entity's active things: in memory, and in the snapshot for partitions without an answering replica. */
export const countThings = async (gateway: Gateway, entity: Entity): Promise<Count | Unavailable> => {
  try {
    const counts = await countPartitions(gateway, entity, withOwnWrites(gateway.remembered));
    return { kind: 'counted', total: totalOf(counts), about: counts.about };
  } catch (error) {
    return unavailable(gateway, error);
  }
};

/** Lists at most `limit` active things of an entity from `offset`, in the stable order: partition, then id. */
export const listThings = async (
  gateway: Gateway,
  entity: Entity,
  offset: number,
  limit: number,
  freshness = withOwnWrites(gateway.remembered),
): Promise<Page | Unavailable> => {
  try {
    const counts = await countPartitions(gateway, entity, freshness);
    const slices = slicesOf(counts.active, offset, limit);
    const parts = await Promise.all(slices.map((slice) => readSlice(gateway, entity, counts, slice, freshness)));
    const json = `[${parts.filter((part) => part !== '').join(',')}]`;
    return { kind: 'listed', json, total: totalOf(counts), about: counts.about };
  } catch (error) {
    return unavailable(gateway, error);
  }
};

/** Returns the slices of partitions that make up a page. Pure. */
export const slicesOf = (active: readonly number[], offset: number, limit: number): Slice[] => {
  const slices: Slice[] = [];
  let skip = offset;
  let left = limit;
  for (const [partition, count] of active.entries()) {
    if (left === 0) break;
    const taken = Math.min(left, Math.max(0, count - skip));
    if (taken > 0) slices.push({ partition, offset: skip, limit: taken });
    left -= taken;
    skip = Math.max(0, skip - count);
  }
  return slices;
};

const countPartitions = async (gateway: Gateway, entity: Entity, freshness: Freshness): Promise<PartitionCounts> => {
  const { clock, log, settings } = gateway;
  const counts = openPartitionCounts();
  await countInMemory(gateway, entity, counts, freshness);
  const missing = missingIn(counts, settings.PARTITIONS);
  if (missing.length === 0) return counts;
  if (!freshness.maySnapshot) throw new Error(noReplica(missing));
  const saved = await countSaved(log, entity, missing, settings.DATABASE_DEADLINE_MS);
  for (const count of saved) takeSavedCount(counts, count, databaseNow(clock));
  return counts;
};

const unavailable = (gateway: Gateway, error: unknown): Unavailable => ({
  kind: 'unavailable',
  why: whyFailed(gateway, error),
});
