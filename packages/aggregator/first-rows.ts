import { compareRows, type Entity, type Query } from '@muster/model';
import { queryPartition, type Row } from './query-partition.ts';
import type { Partition } from './table.ts';

/** A thing that was found, with its partition. */
export type PlacedRow = Row & { partition: Partition };

/** The rows of a partition that were read and are not taken yet. `isEnd`: there are no further ones. */
type Source = { partition: Partition; rows: readonly Row[]; at: number; isEnd: boolean; size: number };

const spare = 7; // few partitions are asked twice
const takenAtOnce = 256;

/**
 * Returns the first things of these partitions that meet the query, in its order, one more than its limit at most. It
 * reads a few of each partition, and more only where they are among the first ones. The partitions must have the orders
 * of the query.
 */
export function* firstRows(
  partitions: readonly Partition[],
  entity: Entity,
  query: Query,
): Generator<void, PlacedRow[]> {
  const size = Math.ceil(query.limit / Math.max(1, partitions.length)) + spare;
  const found: PlacedRow[] = [];
  const sources: Source[] = []; // the one with the next row is the last one
  for (const partition of partitions) {
    const source: Source = { partition, rows: [], at: 0, isEnd: false, size };
    if (yield* read(source, entity, query, query.after)) insert(sources, source, query);
    yield;
  }
  for (let source = sources.pop(); source && found.length <= query.limit; source = sources.pop()) {
    const row = source.rows[source.at] as Row;
    found.push({ ...row, partition: source.partition });
    source.at += 1;
    if (source.at < source.rows.length || (yield* read(source, entity, query, row.keys)))
      insert(sources, source, query);
    if (found.length % takenAtOnce === 0) yield;
  }
  return found;
}

/** Reads the next rows of a source, twice as many each time. Returns whether there are any. */
function* read(source: Source, entity: Entity, query: Query, after: Query['after']): Generator<void, boolean> {
  if (source.isEnd) return false;
  const limit = Math.min(source.size, query.limit);
  const rows = yield* queryPartition(source.partition, entity, { ...query, after, limit });
  source.isEnd = rows.length <= limit;
  source.rows = rows;
  source.at = 0;
  source.size *= 2;
  return rows.length > 0;
}

/** Puts a source at its place among the others. */
const insert = (sources: Source[], source: Source, { sort }: Query): void => {
  const keys = keysOf(source);
  let [low, high] = [0, sources.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareRows(sort, keysOf(sources[middle] as Source), keys) > 0) low = middle + 1;
    else high = middle;
  }
  sources.splice(low, 0, source);
};

const keysOf = ({ rows, at }: Source) => (rows[at] as Row).keys;
