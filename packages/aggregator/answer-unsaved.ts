import { compareRows, type Entity, keyOfThing, meetsAll, renderSelected } from '@muster/model';
import type { Answer, QueryQuestion } from '@muster/wire';
import type { Aggregator } from './aggregator.ts';
import { isBehind, lagMs } from './heart.ts';
import type { Partition } from './table.ts';
import { idOf, stateOf, versionOf } from './things.ts';

type Row = { id: string; keys: ReturnType<typeof keyOfThing>[]; json: string };

/**
 * Answers a query about an entity with `keep`, from the states whose records are older or missing. The gateway reads
 * all others from the records. `stale` are the things whose records it must not show. Throws what the entity's
 * `present` throws.
 */
export const answerUnsaved = (
  { heart }: Aggregator,
  partitions: readonly Partition[],
  entity: Entity,
  asked: QueryQuestion,
): { answer: Answer; text: string } => {
  const found: Row[] = [];
  const changed: string[] = [];
  for (const partition of partitions)
    for (const number of partition.kept.get(entity.name)?.unsaved ?? [])
      takeUnsaved(partition, number, entity, asked, found, changed);
  const rows = found.sort((one, other) => compareRows(asked.sort, one.keys, other.keys));
  const page = rows.slice(0, asked.limit);
  const shown = new Set(page.map(({ id }) => id));
  const answer: Answer = {
    kind: 'queried',
    partitions: partitions.map(({ number }) => number),
    keys: page.map(({ keys }) => keys),
    sizes: page.map(({ json }) => json.length),
    more: rows.length > page.length,
    total: 0,
    stale: changed.filter((id) => !shown.has(id)),
    ...{ lagMs: lagMs(heart), behind: isBehind(heart) },
  };
  return { answer, text: page.map(({ json }) => json).join('') };
};

const takeUnsaved = (
  { things }: Partition,
  number: number,
  entity: Entity,
  asked: QueryQuestion,
  found: Row[],
  changed: string[],
) => {
  const id = idOf(things, number);
  if (versionOf(things, number) > 1) changed.push(id); // a record of another state may be there
  const state = stateOf(things, number);
  if (state.status !== 'active' || !meetsAll(asked.filters, (field) => keyOfThing(id, state, field))) return;
  const keys = asked.sort.map(({ field }) => keyOfThing(id, state, field));
  if (asked.after && compareRows(asked.sort, keys, asked.after) <= 0) return;
  found.push({ id, keys, json: asked.shown === 'things' ? renderSelected(entity, id, state, asked.fields) : '' });
};
