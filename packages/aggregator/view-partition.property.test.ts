import {
  type Active,
  compareKeys,
  countBy,
  defineRecord,
  type Key,
  optional,
  shownGroup,
  type View,
} from '@muster/model';
import { storedNote } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import { applyEvent, findState, growOrder, growTally, openTable, type Partition, type Table } from './table.ts';
import { ordersOf, viewPartitions } from './view-partition.ts';

const thing = defineRecord({
  name: 'thing',
  title: 'Thing',
  collection: 'Things',
  fields: { text: optional(Joi.string()), size: optional(Joi.number()), at: optional(Joi.date()) },
  indexes: ['text', 'at'],
  views: { byText: countBy('text', { measures: ['size'] }), byAt: countBy('at') },
});
const entities = new Map([[thing.name, thing]]);
const views = [...thing.views.values()];
const numbers = [0, 1, 2];

const anyFields = fc.record(
  {
    text: fc.constantFrom('', 'a', 'b', 'ä', '\u{1f600}'),
    size: fc.constantFrom(-1, 0, 0.1, 0.2, 7, 1e9),
    at: fc.constantFrom(0, 1, 2).map((ms) => new Date(ms)),
  },
  { requiredKeys: [] },
);

const anyStep = fc.record({
  id: fc.nat(40),
  kind: fc.constantFrom('put' as const, 'put' as const, 'put' as const, 'delete' as const),
  fields: anyFields,
});
type Step = { id: number; kind: 'put' | 'delete'; fields: object };

const apply = (table: Table, { id, kind, fields }: Step): void => {
  const partition = id % numbers.length;
  const state = findState(table.get(partition) as Partition, thing.name, `id-${id}`);
  if (state.status === 'deleted' || (state.status === 'absent' && kind === 'delete')) return;
  const type = { absent: 'ThingCreated', active: kind === 'put' ? 'ThingUpdated' : 'ThingDeleted' }[state.status];
  const data = kind === 'put' ? { ...fields } : {};
  const event = storedNote(
    { type: 'NoteUpdated', version: state.version + 1, data },
    { entity: thing.name, entityId: `id-${id}`, partition },
  );
  expect(applyEvent(table, entities, { ...event, type }, undefined).kind).to.equal('applied');
};

/** Runs a reader to its end. Fails if it gives up. */
const run = <Result>(work: Generator<void, Result | undefined>, onPause: () => void = () => undefined): Result => {
  for (;;) {
    const { done, value } = work.next();
    if (done && value === undefined) throw new Error('It gave up');
    if (done) return value as Result;
    onPause();
  }
};

/** What a view must say, counted without an index. */
const naive = (table: Table, view: View): object[] => {
  const states = Array.from({ length: 41 }, (_, id) =>
    findState(table.get(id % numbers.length) as Partition, thing.name, `id-${id}`),
  ).filter((state): state is Active => state.status === 'active');
  const keyOf = ({ fields }: Active): Key => (fields[view.by] as Key | undefined) ?? null;
  const keys = states.map(keyOf).sort(compareKeys);
  const distinct = keys.filter((key, at) => at === 0 || compareKeys(key, keys[at - 1] ?? null) !== 0);
  return distinct.map((key) => {
    const own = states.filter((state) => compareKeys(keyOf(state), key) === 0);
    if (view.measures.length === 0) return { key, count: own.length };
    const sizes = own.flatMap(({ fields }) => (fields.size as number | undefined) ?? []);
    const whole = Number(sizes.reduce((sum, size) => sum + BigInt(Math.round(size * 10)), 0n)) / 10;
    const values = { count1: sizes.length, min: Math.min(...sizes), max: Math.max(...sizes), sum: whole };
    return { key, count: own.length, ...values };
  });
};

const shown = (view: View, groups: Parameters<typeof shownGroup>[1][]): object[] =>
  groups.map((group) => {
    const seen = shownGroup(view, group) as { measures?: { size: Record<string, number | null> } };
    if (!seen.measures) return seen;
    const { count, min, max, sum, average } = seen.measures.size;
    const edges = { min: min ?? Number.POSITIVE_INFINITY, max: max ?? Number.NEGATIVE_INFINITY };
    expect(average).to.equal(count === 0 ? null : Number(sum) / Number(count));
    // the sizes have one decimal, which binary numbers have not quite
    return { key: group.key, count: group.count, count1: count, ...edges, sum: Math.round(Number(sum) * 10) / 10 };
  });

const asked = (view: View) => ({ view, filters: [], descending: false, after: undefined, limit: 100 });

const growAll = (table: Table, view: View) => {
  for (const partition of table.values()) {
    while (!growTally(partition, thing, 5, view));
    for (const fields of ordersOf(view)) while (!growOrder(partition, thing, 5, ...fields));
  }
};

describe('A view of some partitions', () => {
  it('says what a naive evaluation says, after any events before, while and after it is made', () =>
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 80, size: 'max' }),
        fc.array(anyStep, { maxLength: 60, size: 'max' }),
        (before, after) => {
          const table = openTable(numbers);
          for (const step of before) apply(table, step);
          for (const [at, step] of after.entries()) {
            for (const view of views)
              for (const partition of table.values()) {
                if (at % 3 === 0) growTally(partition, thing, 2, view);
                for (const fields of ordersOf(view)) if (at % 4 === 0) growOrder(partition, thing, 2, ...fields);
              }
            apply(table, step);
          }
          for (const view of views) {
            growAll(table, view);
            const groups = run(viewPartitions([...table.values()], thing, asked(view)));
            expect(shown(view, groups)).to.deep.equal(naive(table, view));
          }
        },
      ),
      { numRuns: 200 },
    ));

  it('has exact sums, however often things come and go', () => {
    const table = openTable(numbers);
    const [view] = views as [View];
    growAll(table, view);
    for (const [id, size] of [1e17, 0.1, 0.2, 0.7].entries()) apply(table, { id, kind: 'put', fields: { size } });
    for (let n = 0; n < 50; n += 1) apply(table, { id: 0, kind: 'put', fields: { size: n % 2 === 0 ? 1e17 : 1e-17 } });
    apply(table, { id: 0, kind: 'delete', fields: {} });
    const [group] = run(viewPartitions([...table.values()], thing, asked(view)));
    const figures = { count: 3, sum: 1, min: 0.1, max: 0.7, average: 1 / 3 };
    expect(group && shownGroup(view, group)).to.deep.equal({ key: null, count: 3, measures: { size: figures } });
  });

  it('is read from a key on, in both directions, by filters, and one group more than asked for', () => {
    const table = openTable(numbers);
    const [view] = views as [View];
    growAll(table, view);
    for (let id = 0; id < 40; id += 1) apply(table, { id, kind: 'put', fields: { text: `t${id % 7}` } });
    const keysOf = (more: object) =>
      run(viewPartitions([...table.values()], thing, { ...asked(view), ...more })).map(({ key }) => key);
    expect(keysOf({ limit: 2 })).to.deep.equal(['t0', 't1', 't2']);
    expect(keysOf({ limit: 2, after: 't1' })).to.deep.equal(['t2', 't3', 't4']);
    expect(keysOf({ limit: 1, descending: true, after: 't3' })).to.deep.equal(['t2', 't1']);
    expect(keysOf({ filters: [{ field: 'text', operator: 'in', keys: ['t5', 't1', 'none'] }] })).to.deep.equal([
      ...['t1', 't5'],
    ]);
  });

  it('counts no thing twice that changes its group while the groups are read', () => {
    const table = openTable([0]);
    const [view] = views as [View];
    const ids = Array.from({ length: 600 }, (_, n) => 3 * n);
    for (const id of ids) apply(table, { id, kind: 'put', fields: { text: `t${id}` } });
    growAll(table, view);
    let pauses = 0;
    const groups = run(viewPartitions([...table.values()], thing, { ...asked(view), limit: 1_000 }), () => {
      pauses += 1;
      if (pauses === 1) for (const id of ids) apply(table, { id, kind: 'put', fields: { text: 't0' } });
    });
    expect(pauses).to.be.above(3);
    expect(groups.reduce((sum, { count }) => sum + count, 0)).to.equal(600);
  });

  it('is not answered while its groups change at each moment', () => {
    const table = openTable([0]);
    const [view] = views as [View];
    const ids = Array.from({ length: 600 }, (_, n) => 3 * n);
    for (const id of ids) apply(table, { id, kind: 'put', fields: { text: `t${id}` } });
    growAll(table, view);
    let n = 0;
    const move = () => {
      n += 1;
      apply(table, { id: 3 * n, kind: 'put', fields: { text: 'elsewhere' } });
      apply(table, { id: 3 * n, kind: 'put', fields: { text: `t${3 * n}` } });
    };
    const work = viewPartitions([...table.values()], thing, { ...asked(view), limit: 1_000 });
    expect(() => run(work, move)).to.throw('It gave up');
  });

  it('passes very many groups in short steps, and holds few of them', () => {
    const table = openTable([0]);
    const [, view] = views as [View, View];
    const count = 20_000;
    for (let id = 0; id < count; id += 1)
      apply(table, { id: 3 * id, kind: 'put', fields: { at: new Date((id * 7_919) % count) } });
    growAll(table, view);
    let steps = 0;
    const groups = run(viewPartitions([...table.values()], thing, { ...asked(view), limit: 3 }), () => {
      steps += 1;
    });
    expect(groups.map(({ key }) => Number(key))).to.deep.equal([0, 1, 2, 3]);
    expect(steps).to.be.at.least(count / 1_024 - 1);
  });
});
