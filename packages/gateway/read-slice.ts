import type { Entity } from '@muster/model';
import { countSaved, databaseNow, listSaved } from '@muster/store';
import { type AggregatorClient, askAggregator, type MinVersion } from '@muster/wire';
import { noReplica } from './ask-in-memory.ts';
import { firstShare, isCurrent, wireMarginMs } from './count-in-memory.ts';
import type { Freshness } from './freshness.ts';
import type { Gateway } from './gateway.ts';
import { answeringFor } from './members.ts';
import { noteSaved, type PartitionCounts } from './partition-counts.ts';

/** A range of the active things of one partition, in the order of ids. */
export type Slice = { partition: number; offset: number; limit: number };

/**
 * Returns what clients see of a slice, as JSON without brackets. It comes from the replica that counted the partition,
 * then from the other replica, then from the snapshot. Throws what the store throws.
 */
export const readSlice = async (
  gateway: Gateway,
  entity: Entity,
  counts: PartitionCounts,
  slice: Slice,
  freshness: Freshness,
): Promise<string> => {
  const text = await readInMemory(gateway, entity, counts, slice, freshness);
  if (text === undefined && !freshness.maySnapshot) throw new Error(noReplica([slice.partition]));
  return text ?? readSaved(gateway, entity, counts, slice);
};

const readInMemory = async (
  gateway: Gateway,
  entity: Entity,
  { replicas }: PartitionCounts,
  slice: Slice,
  freshness: Freshness,
): Promise<string | undefined> => {
  const counted = replicas.get(slice.partition);
  if (!counted) return undefined;
  const allMs = gateway.settings.REPLICA_DEADLINE_MS;
  const untilMs = performance.now() + allMs;
  const other = answeringFor(gateway.members, slice.partition).find((replica) => replica !== counted);
  const text = await askForSlice(gateway, entity, counted, slice, [], other ? allMs * firstShare : allMs);
  if (text !== undefined || !other) return text;
  // the replica that counted has what the answer must contain; the other one must have it, too
  const minVersions = freshness.minVersions([slice.partition]);
  return askForSlice(gateway, entity, other, slice, minVersions, untilMs - performance.now());
};

const askForSlice = async (
  gateway: Gateway,
  entity: Entity,
  replica: AggregatorClient,
  slice: Slice,
  minVersions: MinVersion[],
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
    // counted by a replica that no longer answers. Read the as-of time before the records
    const [saved] = await countSaved(log, entity, [slice.partition], settings.DATABASE_DEADLINE_MS);
    if (saved) noteSaved(about, saved, databaseNow(clock));
  }
  return (await listSaved(log, entity, slice, untilMs - performance.now())).join(',');
};
