import type { Entity } from '@muster/model';
import { countSaved, databaseNow, listSaved } from '@muster/store';
import { type AggregatorClient, askAggregator } from '@muster/wire';
import { firstShare, isCurrent, wireMarginMs } from './count-in-memory.ts';
import type { Gateway } from './gateway.ts';
import { answeringFor } from './members.ts';
import { noteSaved, type PartitionCounts } from './partition-counts.ts';
import { recentWrites } from './remembered.ts';

/** A part of the active things of one partition, in the order of ids. */
export type Slice = { partition: number; offset: number; limit: number };

/**
 * What clients see of a slice, as JSON without brackets: from the replica that counted the partition, else from the
 * other one, else, and where no replica counted it, from the snapshot. Throws what the store throws.
 */
export const readSlice = async (
  gateway: Gateway,
  entity: Entity,
  counts: PartitionCounts,
  slice: Slice,
): Promise<string> => (await readInMemory(gateway, entity, counts, slice)) ?? readSaved(gateway, entity, counts, slice);

const readInMemory = async (
  gateway: Gateway,
  entity: Entity,
  { replicas }: PartitionCounts,
  slice: Slice,
): Promise<string | undefined> => {
  const counted = replicas.get(slice.partition);
  if (!counted) return undefined;
  const allMs = gateway.settings.REPLICA_DEADLINE_MS;
  const untilMs = performance.now() + allMs;
  const other = answeringFor(gateway.members, slice.partition).find((replica) => replica !== counted);
  const text = await askForSlice(gateway, entity, counted, slice, [], other ? allMs * firstShare : allMs);
  if (text !== undefined || !other) return text;
  // the one that counted has this gateway's writes; of the other it is asked
  const minVersions = recentWrites(gateway.remembered, [slice.partition]);
  return askForSlice(gateway, entity, other, slice, minVersions, untilMs - performance.now());
};

const askForSlice = async (
  gateway: Gateway,
  entity: Entity,
  replica: AggregatorClient,
  slice: Slice,
  minVersions: ReturnType<typeof recentWrites>,
  withinMs: number,
): Promise<string | undefined> => {
  const waitMs = Math.max(0, Math.round(withinMs - wireMarginMs));
  const question = { kind: 'list' as const, entity: entity.name, ...slice, minVersions, waitMs };
  const asked = await askAggregator(replica, question, withinMs);
  return asked?.answer.kind === 'listed' && isCurrent(gateway, asked.answer) ? asked.text : undefined;
};

const readSaved = async (
  gateway: Gateway,
  entity: Entity,
  { replicas, about }: PartitionCounts,
  slice: Slice,
): Promise<string> => {
  const { clock, log, settings } = gateway;
  const untilMs = performance.now() + settings.DATABASE_DEADLINE_MS;
  if (replicas.has(slice.partition)) {
    // counted in a memory that does not answer any more; as of when the records are must be known before they are read
    const [saved] = await countSaved(log, entity, [slice.partition], settings.DATABASE_DEADLINE_MS);
    if (saved) noteSaved(about, saved, databaseNow(clock));
  }
  return (await listSaved(log, entity, slice, untilMs - performance.now())).join(',');
};
