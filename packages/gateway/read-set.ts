import type { Entity } from '@muster/model';
import { coverOf } from '@muster/placement';
import { type Overlay, overlaySets, readPage, setLimits } from '@muster/store';
import { type AggregatorClient, type Answer, askAggregator } from '@muster/wire';
import type { Gateway } from './gateway.ts';
import { answeringFor } from './members.ts';
import { keepWritesMs, recentWrites } from './remembered.ts';

/**
 * How many things of an entity live in each partition, and how that is known: which sources, how old in milliseconds,
 * as of when if not as of now.
 */
export type PartitionCounts = {
  kind: 'counted';
  active: number[];
  overlays: Map<number, Overlay>;
  replicas: Map<number, AggregatorClient>;
  about: About;
};
export type About = { sources: Set<string>; lagMs: number; asOf: Date | undefined };

export type Page = { kind: 'listed'; json: string; total: number; about: About };
type Unavailable = { kind: 'unavailable'; why: string };

const firstShare = 0.6; // of the time that the aggregators have together: the rest is for those that stand in
const wireMarginMs = 15;

/**
 * Counts an entity's active things: from the fewest aggregators that have all partitions between them, what one of them
 * does not answer from others, and the rest from the snapshot and the log's tail.
 */
export const countThings = async (gateway: Gateway, entity: Entity): Promise<PartitionCounts | Unavailable> => {
  const counts: PartitionCounts = {
    kind: 'counted',
    active: [],
    overlays: new Map(),
    replicas: new Map(),
    about: { sources: new Set(), lagMs: 0, asOf: undefined },
  };
  const untilMs = performance.now() + gateway.settings.REPLICA_DEADLINE_MS;
  const silent = await countFrom(gateway, entity, counts, new Set(), gateway.settings.REPLICA_DEADLINE_MS * firstShare);
  if (silent.size > 0) await countFrom(gateway, entity, counts, silent, untilMs - performance.now());
  const missing = missingIn(gateway, counts);
  if (missing.length === 0) return counts;
  try {
    for (const overlay of await overlaySets(gateway.log, entity, missing, limitsOf(gateway)))
      takeOverlay(counts, overlay);
    return counts;
  } catch (error) {
    return { kind: 'unavailable', why: error instanceof Error ? error.message : String(error) };
  }
};

/** Lists an entity's active things in the stable order (partition, then id), from `offset` on, at most `limit`. */
export const listThings = async (
  gateway: Gateway,
  entity: Entity,
  offset: number,
  limit: number,
): Promise<Page | Unavailable> => {
  const counts = await countThings(gateway, entity);
  if (counts.kind === 'unavailable') return counts;
  try {
    const parts = await Promise.all(
      slicesOf(counts.active, offset, limit).map((slice) => readSlice(gateway, entity, counts, slice)),
    );
    const total = counts.active.reduce((sum, active) => sum + active, 0);
    return { kind: 'listed', json: `[${parts.filter((part) => part !== '').join(',')}]`, total, about: counts.about };
  } catch (error) {
    return { kind: 'unavailable', why: error instanceof Error ? error.message : String(error) };
  }
};

export type Slice = { partition: number; offset: number; limit: number };

/** Which part of which partition a page takes. Pure. */
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

const allPartitions = ({ settings }: Gateway) =>
  Array.from({ length: settings.PARTITIONS }, (_, partition) => partition);

const missingIn = (gateway: Gateway, { active }: PartitionCounts) =>
  allPartitions(gateway).filter((partition) => active[partition] === undefined);

/**
 * Asks the fewest aggregators, but for those in `without`, for what is missing in the counts; gives those that did not
 * answer all of it.
 */
const countFrom = async (
  gateway: Gateway,
  entity: Entity,
  counts: PartitionCounts,
  without: ReadonlySet<AggregatorClient>,
  withinMs: number,
): Promise<Set<AggregatorClient>> => {
  const { members } = gateway;
  members.turn += 1;
  const having: AggregatorClient[][] = [];
  for (const partition of missingIn(gateway, counts))
    having[partition] = answeringFor(members, partition).filter((replica) => !without.has(replica));
  const silent = new Set<AggregatorClient>();
  const asked = [
    ...coverOf(
      Array.from(having, (replicas) => replicas ?? []),
      members.turn,
    ),
  ].map(async ([replica, partitions]) => {
    takeCounts(counts, entity, replica, partitions, await askCounts(gateway, replica, partitions, withinMs));
    if (partitions.some((partition) => counts.active[partition] === undefined)) silent.add(replica);
  });
  await Promise.all(asked);
  return silent;
};

const askCounts = async (
  { remembered, database }: Gateway,
  replica: AggregatorClient,
  partitions: number[],
  withinMs: number,
): Promise<Extract<Answer, { kind: 'counted' }> | undefined> => {
  const question = {
    kind: 'count' as const,
    partitions,
    minVersions: recentWrites(remembered, partitions),
    waitMs: Math.round(withinMs - wireMarginMs),
  };
  const asked = await askAggregator(replica, question, withinMs);
  if (asked?.answer.kind !== 'counted') return undefined;
  return isCurrent(asked.answer) || !database.reachable ? asked.answer : undefined;
};

// an older heartbeat would not prove that the writes are in which are no longer asked for
const isCurrent = ({ behind, lagMs }: { behind: boolean; lagMs: number }) => !behind && lagMs < keepWritesMs;

const takeCounts = (
  counts: PartitionCounts,
  entity: Entity,
  replica: AggregatorClient,
  partitions: number[],
  answer: Extract<Answer, { kind: 'counted' }> | undefined,
) => {
  for (const partition of answer ? partitions : []) {
    const active = answer?.active[partition];
    if (!active) continue; // not restored yet
    counts.active[partition] = active[entity.name] ?? 0;
    counts.replicas.set(partition, replica);
    tell(counts.about, replica.name, answer?.lagMs ?? 0);
  }
};

const takeOverlay = (counts: PartitionCounts, overlay: Overlay) => {
  counts.active[overlay.partition] = overlay.active;
  counts.overlays.set(overlay.partition, overlay);
  tell(counts.about, 'database', 0);
  if (overlay.asOf && (!counts.about.asOf || overlay.asOf < counts.about.asOf)) counts.about.asOf = overlay.asOf;
};

const tell = (about: About, source: string, lagMs: number) => {
  about.sources.add(source);
  about.lagMs = Math.max(about.lagMs, lagMs);
};

const readSlice = async (
  gateway: Gateway,
  entity: Entity,
  counts: PartitionCounts,
  { partition, offset, limit }: Slice,
): Promise<string> => {
  const counted = counts.replicas.get(partition);
  const untilMs = performance.now() + gateway.settings.REPLICA_DEADLINE_MS;
  const others = answeringFor(gateway.members, partition).filter((replica) => replica !== counted);
  for (const [index, replica] of (counted ? [counted, ...others] : []).slice(0, 2).entries()) {
    const withinMs =
      index === 0 && others.length > 0
        ? gateway.settings.REPLICA_DEADLINE_MS * firstShare
        : untilMs - performance.now();
    const minVersions = replica === counted ? [] : recentWrites(gateway.remembered, [partition]); // who was counted has them
    const waitMs = Math.max(0, Math.round(withinMs - wireMarginMs));
    const asked = await askAggregator(
      replica,
      { kind: 'list', entity: entity.name, partition, offset, limit, minVersions, waitMs },
      withinMs,
    );
    if (asked?.answer.kind === 'listed' && (isCurrent(asked.answer) || !gateway.database.reachable)) return asked.text;
  }
  return readSliceFromDatabase(gateway, entity, counts, { partition, offset, limit });
};

/**
 * A page and what lies over it must be of one moment: when a snapshot moved records in between, both are read again.
 */
const readSliceFromDatabase = async (
  gateway: Gateway,
  entity: Entity,
  counts: PartitionCounts,
  { partition, offset, limit }: Slice,
): Promise<string> => {
  for (let tries = 0; tries < pageTriesMax; tries += 1) {
    const known = tries === 0 ? counts.overlays.get(partition) : undefined;
    const [overlay] = known ? [known] : await overlaySets(gateway.log, entity, [partition], limitsOf(gateway));
    if (!overlay) break;
    takeOverlay(counts, overlay);
    const page = await readPage(gateway.log, entity, overlay, offset, limit);
    if (page) return page.join(',');
  }
  throw new Error(`the snapshot of partition ${partition} moved ${pageTriesMax} times while it was read`);
};

const pageTriesMax = 5;

// an event's time may lie before its place in the log by as much as its append may take
const limitsOf = ({ settings }: Gateway) => ({
  ...setLimits,
  overlapMs: setLimits.overlapMs + settings.WRITE_DEADLINE_MS,
});
