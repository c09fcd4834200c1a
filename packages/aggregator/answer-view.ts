import { isDeepStrictEqual } from 'node:util';
import type { Entity, View } from '@muster/model';
import type { Answer, ViewQuestion } from '@muster/wire';
import type { Aggregator } from './aggregator.ts';
import { isBehind, lagMs } from './heart.ts';
import { beginQuery, endQuery, runPaced } from './long-queries.ts';
import { growOrder, growTally, type Partition } from './table.ts';
import { ordersOf, viewPartitions } from './view-partition.ts';

type Reply = { answer: Answer; text: string };

const notHere: Reply = { answer: { kind: 'notHere' }, text: '' };
const notYet: Reply = { answer: { kind: 'notYet' }, text: '' };

/** Answers with groups of a view, for those partitions that are served. Takes no longer than it may wait. */
export const answerView = async (aggregator: Aggregator, asked: ViewQuestion): Promise<Reply> => {
  const { entities, heart, queries, table } = aggregator;
  const entity = entities.get(asked.entity);
  const view = entity && findView(entity, asked);
  if (!entity || !view) return notHere; // a gateway of another release may ask for another view
  const partitions = asked.partitions.flatMap((number) => table.get(number) ?? []).filter(({ served }) => served);
  const pace = beginQuery(queries, asked.waitMs);
  try {
    if (!(await runPaced(pace, growAll(partitions, entity, view)))) return notYet;
    const groups = await runPaced(pace, viewPartitions(partitions, entity, { ...asked, view }));
    if (!groups) return notYet;
    if (partitions.some((one) => table.get(one.number) !== one)) return notYet; // restored again meanwhile
    const answer: Answer = {
      kind: 'viewed',
      partitions: partitions.map(({ number }) => number),
      groups: groups.slice(0, asked.limit),
      more: groups.length > asked.limit,
      ...{ lagMs: lagMs(heart), behind: isBehind(heart) },
    };
    return { answer, text: '' };
  } finally {
    endQuery(pace);
  }
};

const findView = ({ views }: Entity, { by, measures, filters }: ViewQuestion): View | undefined =>
  filters.every(({ field }) => field === by)
    ? [...views.values()].find((view) => view.by === by && isDeepStrictEqual([...view.measures], measures))
    : undefined;

const grownAtOnce = 1_024;

/** Makes what the view needs. Events come meanwhile, and other questions may do the same. */
function* growAll(partitions: readonly Partition[], entity: Entity, view: View): Generator<void, true> {
  for (const partition of partitions) {
    while (!growTally(partition, entity, grownAtOnce, view)) yield;
    for (const fields of ordersOf(view)) while (!growOrder(partition, entity, grownAtOnce, ...fields)) yield;
  }
  return true;
}
