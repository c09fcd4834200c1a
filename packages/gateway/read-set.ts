import type { Entity } from '@muster/model';
import { coverOf } from '@muster/placement';
import { type Overlay, overlaySets, readPage, setLimits } from '@muster/store';
import { type Answer, askHolder, type Holder } from '@muster/wire';
import type { Gateway } from './gateway.ts';
import { answeringFor } from './members.ts';
import { keepWritesMs, recentWrites } from './remembered.ts';

/**
 * How many things of an entity live in each partition, and how that is known: which sources, how old in milliseconds,
 * as of when if not as of now.
 */
export type Census = {
  kind: 'counted';
  living: number[];
  overlays: Map<number, Overlay>;
  holders: Map<number, Holder>;
  about: About;
};
export type About = { sources: Set<string>; lagMs: number; asOf: Date | undefined };

export type Page = { kind: 'listed'; json: string; total: number; about: About };
type Unavailable = { kind: 'unavailable'; why: string };

const firstShare = 0.6; // of the time that the aggregators have together: the rest is for those that stand in
const wireMarginMs = 15;

/**
 * Counts an entity's living things: from the fewest aggregators that have all partitions between them, what one of them
 * does not answer from others, and the rest from the snapshot and the log's tail.
 */
export const countThings = async (gateway: Gateway, entity: Entity): Promise<Census | Unavailable> => {
  const census: Census = {
    kind: 'counted',
    living: [],
    overlays: new Map(),
    holders: new Map(),
    about: { sources: new Set(), lagMs: 0, asOf: undefined },
  };
  const untilMs = performance.now() + gateway.settings.HOLDER_DEADLINE_MS;
  const silent = await countFrom(gateway, entity, census, new Set(), gateway.settings.HOLDER_DEADLINE_MS * firstShare);
  if (silent.size > 0) await countFrom(gateway, entity, census, silent, untilMs - performance.now());
  const missing = missingIn(gateway, census);
  if (missing.length === 0) return census;
  try {
    for (const overlay of await overlaySets(gateway.log, entity, missing, limitsOf(gateway)))
      takeOverlay(census, overlay);
    return census;
  } catch (error) {
    return { kind: 'unavailable', why: error instanceof Error ? error.message : String(error) };
  }
};

/** Lists an entity's living things in the stable order (partition, then id), from `offset` on, at most `limit`. */
export const listThings = async (
  gateway: Gateway,
  entity: Entity,
  offset: number,
  limit: number,
): Promise<Page | Unavailable> => {
  const census = await countThings(gateway, entity);
  if (census.kind === 'unavailable') return census;
  try {
    const parts = await Promise.all(
      slicesOf(census.living, offset, limit).map((slice) => readSlice(gateway, entity, census, slice)),
    );
    const total = census.living.reduce((sum, living) => sum + living, 0);
    return { kind: 'listed', json: `[${parts.filter((part) => part !== '').join(',')}]`, total, about: census.about };
  } catch (error) {
    return { kind: 'unavailable', why: error instanceof Error ? error.message : String(error) };
  }
};

export type Slice = { partition: number; offset: number; limit: number };

/** Which part of which partition a page takes. Pure. */
export const slicesOf = (living: readonly number[], offset: number, limit: number): Slice[] => {
  const slices: Slice[] = [];
  let skip = offset;
  let left = limit;
  for (const [partition, count] of living.entries()) {
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

const missingIn = (gateway: Gateway, { living }: Census) =>
  allPartitions(gateway).filter((partition) => living[partition] === undefined);

/**
 * Asks the fewest aggregators, but for those in `without`, for what is missing in the census; gives those that did not
 * answer all of it.
 */
const countFrom = async (
  gateway: Gateway,
  entity: Entity,
  census: Census,
  without: ReadonlySet<Holder>,
  withinMs: number,
): Promise<Set<Holder>> => {
  const { members } = gateway;
  members.turn += 1;
  const having: Holder[][] = [];
  for (const partition of missingIn(gateway, census))
    having[partition] = answeringFor(members, partition).filter((holder) => !without.has(holder));
  const silent = new Set<Holder>();
  const asked = [
    ...coverOf(
      Array.from(having, (holders) => holders ?? []),
      members.turn,
    ),
  ].map(async ([holder, partitions]) => {
    takeCounts(census, entity, holder, partitions, await askCounts(gateway, holder, partitions, withinMs));
    if (partitions.some((partition) => census.living[partition] === undefined)) silent.add(holder);
  });
  await Promise.all(asked);
  return silent;
};

const askCounts = async (
  { remembered, database }: Gateway,
  holder: Holder,
  partitions: number[],
  withinMs: number,
): Promise<Extract<Answer, { kind: 'counted' }> | undefined> => {
  const question = {
    kind: 'count' as const,
    partitions,
    floors: recentWrites(remembered, partitions),
    waitMs: Math.round(withinMs - wireMarginMs),
  };
  const asked = await askHolder(holder, question, withinMs);
  if (asked?.answer.kind !== 'counted') return undefined;
  return isCurrent(asked.answer) || !database.reachable ? asked.answer : undefined;
};

// an older heartbeat would not prove that the writes are in which are no longer asked for
const isCurrent = ({ behind, lagMs }: { behind: boolean; lagMs: number }) => !behind && lagMs < keepWritesMs;

const takeCounts = (
  census: Census,
  entity: Entity,
  holder: Holder,
  partitions: number[],
  answer: Extract<Answer, { kind: 'counted' }> | undefined,
) => {
  for (const partition of answer ? partitions : []) {
    const living = answer?.living[partition];
    if (!living) continue; // not restored yet
    census.living[partition] = living[entity.name] ?? 0;
    census.holders.set(partition, holder);
    tell(census.about, holder.name, answer?.lagMs ?? 0);
  }
};

const takeOverlay = (census: Census, overlay: Overlay) => {
  census.living[overlay.partition] = overlay.living;
  census.overlays.set(overlay.partition, overlay);
  tell(census.about, 'database', 0);
  if (overlay.asOf && (!census.about.asOf || overlay.asOf < census.about.asOf)) census.about.asOf = overlay.asOf;
};

const tell = (about: About, source: string, lagMs: number) => {
  about.sources.add(source);
  about.lagMs = Math.max(about.lagMs, lagMs);
};

const readSlice = async (
  gateway: Gateway,
  entity: Entity,
  census: Census,
  { partition, offset, limit }: Slice,
): Promise<string> => {
  const counted = census.holders.get(partition);
  const untilMs = performance.now() + gateway.settings.HOLDER_DEADLINE_MS;
  const others = answeringFor(gateway.members, partition).filter((holder) => holder !== counted);
  for (const [index, holder] of (counted ? [counted, ...others] : []).slice(0, 2).entries()) {
    const withinMs =
      index === 0 && others.length > 0 ? gateway.settings.HOLDER_DEADLINE_MS * firstShare : untilMs - performance.now();
    const floors = holder === counted ? [] : recentWrites(gateway.remembered, [partition]); // who was counted has them
    const waitMs = Math.max(0, Math.round(withinMs - wireMarginMs));
    const asked = await askHolder(
      holder,
      { kind: 'list', entity: entity.name, partition, offset, limit, floors, waitMs },
      withinMs,
    );
    if (asked?.answer.kind === 'listed' && (isCurrent(asked.answer) || !gateway.database.reachable)) return asked.text;
  }
  return readSliceFromDatabase(gateway, entity, census, { partition, offset, limit });
};

/**
 * A page and what lies over it must be of one moment: when a snapshot moved records in between, both are read again.
 */
const readSliceFromDatabase = async (
  gateway: Gateway,
  entity: Entity,
  census: Census,
  { partition, offset, limit }: Slice,
): Promise<string> => {
  for (let tries = 0; tries < pageTriesMax; tries += 1) {
    const known = tries === 0 ? census.overlays.get(partition) : undefined;
    const [overlay] = known ? [known] : await overlaySets(gateway.log, entity, [partition], limitsOf(gateway));
    if (!overlay) break;
    takeOverlay(census, overlay);
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
