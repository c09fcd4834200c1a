import { type Entity, renderState } from '@muster/model';
import { type AliveLimits, findAlive, loadPast, type TooMuch } from '@muster/store';
import { type Gateway, partitionFor } from './gateway.ts';

/** How much a list of the past may cost, and a count. A count holds no ids in memory. */
export const aliveLimits: Omit<AliveLimits, 'deadlineMs'> = {
  recordsMax: 200_000,
  eventsMax: 100_000,
  changedMax: 1_000,
  foldedMax: 2_000,
};
export const countLimits = { ...aliveLimits, recordsMax: 1_000_000 };

/** A page of the things at a time: at most `size`, behind the thing `after`. */
export type PastPageAsked = { at: Date; size: number; after: string | undefined };

/** The things of a page as JSON, in order, and the last one of them if there are more behind it. */
export type PastPage = { kind: 'page'; things: string[]; next: string | undefined } | TooMuch;

/**
 * Reads a page of the things of an entity as they were at a time, ordered by partition, then id. It searches as many
 * partitions as the page needs, and then folds the things of the page. Throws what the store and the entity's `present`
 * throw.
 */
export const readPastPage = async (
  gateway: Gateway,
  entity: Entity,
  asked: PastPageAsked,
  leftMs: () => number,
): Promise<PastPage> => {
  const found = await findIds(gateway, entity, asked, leftMs);
  if (found.kind === 'tooMuch') return found;
  const shown = found.ids.slice(0, asked.size);
  const things: string[] = [];
  for (let from = 0; from < shown.length; from += atOnce) {
    const some = shown.slice(from, from + atOnce);
    const read = await Promise.all(some.map((id) => readThing(gateway, entity, id, asked.at, leftMs())));
    for (const one of read) {
      if (one.kind === 'tooMuch') return one;
      if (one.json !== '') things.push(one.json);
    }
  }
  return { kind: 'page', things, next: found.ids.length > shown.length ? shown.at(-1) : undefined };
};

const atOnce = 4;

const findIds = async (
  gateway: Gateway,
  entity: Entity,
  { at, size, after }: PastPageAsked,
  leftMs: () => number,
): Promise<{ kind: 'ids'; ids: string[] } | TooMuch> => {
  const { PARTITIONS } = gateway.settings;
  const first = after === undefined ? 0 : partitionFor(gateway, entity, after);
  const ids: string[] = [];
  // first one partition, then more at a time: a page of few things must not take a query for each partition
  for (let [from, width] = [first, 1]; from < PARTITIONS && ids.length <= size; from += width, width *= 2) {
    const partitions = Array.from({ length: Math.min(width, PARTITIONS - from) }, (_, index) => from + index);
    const limits = { ...aliveLimits, deadlineMs: leftMs() };
    const byPartition = new Map<number, string[]>(partitions.map((partition) => [partition, []]));
    const asking = { partitions, ofPartitions: PARTITIONS, at };
    const found = await findAlive(gateway.log, entity, asking, limits, (partition, id) =>
      byPartition.get(partition)?.push(id),
    );
    if (found.kind === 'tooMuch') return found;
    for (const partition of partitions) {
      const inOrder = (byPartition.get(partition) ?? []).sort();
      ids.push(...inOrder.filter((id) => partition !== first || after === undefined || id > after));
    }
  }
  return { kind: 'ids', ids };
};

const readThing = async (
  { log }: Gateway,
  entity: Entity,
  id: string,
  at: Date,
  deadlineMs: number,
): Promise<{ kind: 'thing'; json: string } | TooMuch> => {
  const { foldedMax } = aliveLimits;
  const past = await loadPast(log, entity, id, { at }, { foldedMax, deadlineMs });
  if (past.kind === 'state') return { kind: 'thing', json: renderState(entity, id, past.state).json };
  const why = `${entity.name} "${id}" had over ${foldedMax} events then`;
  return { kind: 'tooMuch', why, instead: `read the ${entity.name}s one by one` };
};
