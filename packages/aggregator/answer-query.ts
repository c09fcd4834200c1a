import { type Entity, indexTypeOf, type Query, renderSelected } from '@muster/model';
import type { Answer, QueryQuestion } from '@muster/wire';
import type { Aggregator } from './aggregator.ts';
import { answerUnsaved } from './answer-unsaved.ts';
import { firstRows, type PlacedRow } from './first-rows.ts';
import { isBehind, lagMs } from './heart.ts';
import { beginAgain, beginQuery, endQuery, type Pace, runPaced } from './long-queries.ts';
import { countPartition, isStill, ordersFor } from './query-partition.ts';
import { growOrder, type Partition } from './table.ts';
import { idOf, stateOf } from './things.ts';

type Reply = { answer: Answer; text: string };

/** The things that a query found in several partitions. */
type Found = { rows: PlacedRow[]; total: number };

/** Answers a query from memory, for those of its partitions that are served. Takes no longer than it may wait. */
export const answerQuery = async (aggregator: Aggregator, asked: QueryQuestion): Promise<Reply> => {
  const entity = aggregator.entities.get(asked.entity);
  if (!entity || !isKnown(entity, asked)) return { answer: { kind: 'notHere' }, text: '' };
  if (entity.keep !== undefined) return showUnsaved(aggregator, entity, asked);
  const pace = beginQuery(aggregator.queries, asked.waitMs);
  try {
    for (let tries = 1; ; tries += 1) {
      const partitions = servedOf(aggregator, asked);
      const found = await find(partitions, entity, asked, pace);
      if (!found) return notYet;
      const page = found.rows.slice(0, asked.limit);
      const kept = pace.paused ? page.filter((row) => isStill(row.partition, entity, asked, row)) : page;
      const isWhole =
        kept.length === page.length && partitions.every((one) => aggregator.table.get(one.number) === one);
      if (isWhole || tries === triesMax) return show(aggregator, entity, asked, partitions, { ...found, kept });
      beginAgain(pace);
    }
  } finally {
    endQuery(pace);
  }
};

const showUnsaved = (aggregator: Aggregator, entity: Entity, asked: QueryQuestion): Reply => {
  try {
    return answerUnsaved(aggregator, servedOf(aggregator, asked), entity, asked);
  } catch (error) {
    return withoutView(aggregator, entity, error);
  }
};

const withoutView = ({ logger }: Aggregator, { name }: Entity, error: unknown): Reply => {
  logger.error({ err: error }, `Cannot answer with a list of ${name}s: the present of its entity fails`);
  return { answer: { kind: 'notHere' }, text: '' };
};

// then a page lacks what changed meanwhile, as it may with every list
const triesMax = 3;

const notYet: Reply = { answer: { kind: 'notYet' }, text: '' };

// a gateway of another release may ask for other indexes
const isKnown = (entity: Entity, { filters, sort }: QueryQuestion): boolean =>
  sort.at(-1)?.field === 'id' && [...filters, ...sort].every(({ field }) => indexTypeOf(entity, field) !== undefined);

const servedOf = ({ table }: Aggregator, { partitions }: QueryQuestion): Partition[] =>
  partitions.flatMap((number) => table.get(number) ?? []).filter(({ served }) => served);

/** Finds the first things in all these partitions. Returns undefined when the time is up. */
const find = async (
  partitions: readonly Partition[],
  entity: Entity,
  asked: QueryQuestion,
  pace: Pace,
): Promise<Found | undefined> => {
  if ((await runPaced(pace, growOrders(partitions, entity, asked))) === undefined) return undefined;
  const rows = await runPaced(pace, firstRows(partitions, entity, asked));
  const total = asked.total ? await runPaced(pace, countAll(partitions, entity, asked)) : 0;
  return rows && total !== undefined ? { rows, total } : undefined;
};

function* countAll(partitions: readonly Partition[], entity: Entity, asked: Query): Generator<void, number> {
  let total = 0;
  for (const partition of partitions) {
    total += yield* countPartition(partition, entity, asked);
    yield;
  }
  return total;
}

const grownAtOnce = 1_024;

/** Makes the orders that the query needs. Events come meanwhile, and other queries may do the same. */
function* growOrders(partitions: readonly Partition[], entity: Entity, query: Query): Generator<void, true> {
  for (const field of ordersFor(query))
    for (const partition of partitions) while (!growOrder(partition, entity, grownAtOnce, field)) yield;
  return true;
}

const show = (
  aggregator: Aggregator,
  entity: Entity,
  asked: QueryQuestion,
  partitions: readonly Partition[],
  { rows, kept: page, total }: Found & { kept: readonly PlacedRow[] },
): Reply => {
  const { heart, table } = aggregator;
  if (partitions.some((one) => table.get(one.number) !== one)) return notYet; // restored again meanwhile
  const more = rows.length > asked.limit;
  if (more && page.length === 0) return notYet; // the next page would have no beginning
  try {
    const shown = asked.shown === 'things' ? page.map((row) => render(entity, row, asked.fields)) : [];
    const answer: Answer = {
      kind: 'queried',
      partitions: partitions.map(({ number }) => number),
      keys: page.map(({ keys }) => [...keys]),
      sizes: page.map((_, at) => shown[at]?.length ?? 0),
      more,
      total,
      stale: [],
      ...{ lagMs: lagMs(heart), behind: isBehind(heart) },
    };
    return { answer, text: shown.join('') };
  } catch (error) {
    return withoutView(aggregator, entity, error);
  }
};

const render = (entity: Entity, { number, partition: { things } }: PlacedRow, fields: readonly string[] | undefined) =>
  renderSelected(entity, idOf(things, number), stateOf(things, number), fields);
