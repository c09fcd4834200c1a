import {
  compareRows,
  defineRecord,
  type Filter,
  type Key,
  keyOfThing,
  meetsAll,
  optional,
  type Query,
  type SortKey,
  type StoredEvent,
} from '@muster/model';
import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import { countPartition, ordersFor, queryPartition } from './query-partition.ts';
import { applyEvent, findState, growOrder, openTable, type Partition, type Table } from './table.ts';
import { idOf } from './things.ts';

const thing = defineRecord({
  name: 'thing',
  title: 'Thing',
  collection: 'Things',
  fields: {
    text: optional(Joi.string()),
    size: optional(Joi.number()),
    at: optional(Joi.date()),
    is: optional(Joi.boolean()),
  },
  indexes: ['text', 'size', 'at', 'is'],
});

const texts = ['', 'a', 'ab', 'abc', 'b', 'ä', '\u{ffff}', '\u{1f600}'];
const fieldsOf = {
  text: fc.constantFrom(...texts),
  size: fc.constantFrom(-1, 0, 0.5, 7),
  at: fc.constantFrom(0, 1, 2).map((ms) => new Date(ms)),
  is: fc.boolean(),
};
const anyFields = fc.record(fieldsOf, { requiredKeys: [] });
const fieldNames = ['text', 'size', 'at', 'is', 'id', 'version', 'createdAt', 'updatedAt'];

const anyStep = fc.record({
  id: fc.nat(60).map((n) => `id-${n}`),
  kind: fc.constantFrom('put' as const, 'put' as const, 'put' as const, 'delete' as const),
  fields: anyFields,
  ms: fc.nat(5),
});

const keyFor = (field: string): fc.Arbitrary<Exclude<Key, null>> => {
  if (field in fieldsOf) return fieldsOf[field as keyof typeof fieldsOf];
  if (field === 'id') return fc.nat(60).map((n) => `id-${n}`);
  return field === 'version' ? fc.nat(3) : fc.nat(5).map((ms) => new Date(ms));
};

const anyFilter: fc.Arbitrary<Filter> = fc.constantFrom(...fieldNames).chain((field) => {
  const filterOf = (operator: Filter['operator'], keys: fc.Arbitrary<Key[]>) =>
    keys.map((own) => ({ field, operator, keys: own }));
  const one = keyFor(field).map((key) => [key]);
  const compared = (['eq', 'ne', 'lt', 'lte', 'gt', 'gte'] as const).map((operator) => filterOf(operator, one));
  const ofText = (['contains', 'startsWith', 'endsWith'] as const).map((operator) =>
    filterOf(
      operator,
      fc.constantFrom('a', 'b', 'ab', 'id-1').map((text) => [text]),
    ),
  );
  return fc.oneof(
    ...compared,
    ...(field === 'text' || field === 'id' ? ofText : []),
    filterOf('in', fc.array(keyFor(field), { minLength: 1, maxLength: 3 })),
    filterOf(
      'exists',
      fc.boolean().map((is) => [is]),
    ),
  );
});

const anySort: fc.Arbitrary<SortKey[]> = fc
  .tuple(
    fc.uniqueArray(fc.record({ field: fc.constantFrom(...fieldNames), descending: fc.boolean() }), {
      selector: ({ field }) => field,
      maxLength: 3,
    }),
    fc.boolean(),
  )
  .map(([keys, descending]) => {
    const at = keys.findIndex(({ field }) => field === 'id');
    return at < 0 ? [...keys, { field: 'id', descending }] : keys.slice(0, at + 1);
  });

const anyQuery = fc.record({
  filters: fc.array(anyFilter, { maxLength: 3 }),
  sort: anySort,
  limit: fc.constantFrom(1, 2, 5, 20, 200),
});

type Step = { id: string; kind: 'put' | 'delete'; fields: object; ms: number };

const apply = (table: Table, { id, kind, fields, ms }: Step): void => {
  const partition = table.get(0) as Partition;
  const state = findState(partition, thing.name, id);
  if (state.status === 'deleted' || (state.status === 'absent' && kind === 'delete')) return;
  const type = { absent: 'ThingCreated', active: kind === 'put' ? 'ThingUpdated' : 'ThingDeleted' }[state.status];
  const version = state.version + 1;
  const event: StoredEvent = {
    ...{ _id: `${id}:${version}`, entity: thing.name, entityId: id, version, partition: 0, type },
    ...{ data: kind === 'put' ? { ...fields } : {}, at: new Date(ms), meta: { requestId: 'test' } },
  };
  expect(applyEvent(table, new Map([[thing.name, thing]]), event, undefined).kind).to.equal('applied');
};

const run = <Result>(work: Generator<void, Result>): Result => {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
};

const addOrders = (partition: Partition, fields: readonly string[]) => {
  for (const field of fields) while (!growOrder(partition, thing, 100, field));
};

/** All active things, filtered and sorted without an index. */
const naive = (partition: Partition, ids: readonly string[], { filters, sort }: Pick<Query, 'filters' | 'sort'>) => {
  const rows = [...new Set(ids)].flatMap((id) => {
    const state = findState(partition, thing.name, id);
    if (state.status !== 'active' || !meetsAll(filters, (field) => keyOfThing(id, state, field))) return [];
    return [{ id, keys: sort.map(({ field }) => keyOfThing(id, state, field)) }];
  });
  return rows.sort((one, other) => compareRows(sort, one.keys, other.keys));
};

describe('A query of a partition', () => {
  it('walks page by page through what a naive evaluation gives, after any events', () =>
    fc.assert(
      fc.property(
        fc.array(anyStep, { maxLength: 150, size: 'max' }),
        fc.array(anyStep, { maxLength: 80, size: 'max' }),
        anyQuery,
        (before, after, query) => {
          const table = openTable([0]);
          const partition = table.get(0) as Partition;
          for (const step of before) apply(table, step);
          // events come while the orders are made, and afterwards
          for (const [at, step] of after.entries()) {
            for (const field of ordersFor(query)) if (at % 3 === 0) growOrder(partition, thing, 4, field);
            apply(table, step);
          }
          addOrders(partition, ordersFor(query));
          const expected = naive(
            partition,
            [...before, ...after].map(({ id }) => id),
            query,
          );
          const walked: string[] = [];
          let cursor: readonly Key[] | undefined;
          for (;;) {
            const rows = run(queryPartition(partition, thing, { ...query, after: cursor }));
            const page = rows.slice(0, query.limit);
            walked.push(...page.map(({ number }) => idOf(partition.things, number)));
            if (rows.length <= query.limit) break;
            cursor = page.at(-1)?.keys;
          }
          expect(walked).to.deep.equal(expected.map(({ id }) => id));
          const count = run(countPartition(partition, thing, { ...query, after: undefined }));
          expect(count).to.equal(expected.length);
        },
      ),
      { numRuns: 400 },
    ));

  it('finds what meets both `in` and `eq` of one field', () => {
    const table = openTable([0]);
    const partition = table.get(0) as Partition;
    for (const size of [1, 2, 3]) apply(table, { id: `id-${size}`, kind: 'put', fields: { size }, ms: size });
    addOrders(partition, ['size', 'id']);
    const filters: Filter[] = [
      { field: 'size', operator: 'in', keys: [2, 1] },
      { field: 'size', operator: 'eq', keys: [2] },
    ];
    const rows = run(queryPartition(partition, thing, { filters, sort: sortOf('id'), limit: 5, after: undefined }));
    expect(rows.map(({ number }) => idOf(partition.things, number))).to.deep.equal(['id-2']);
  });

  it('reads no more things for page 100 than for page 1, also where thousands have one value', () => {
    const table = openTable([0]);
    const partition = table.get(0) as Partition;
    const ids = Array.from({ length: 12_000 }, (_, n) => `id-${n}`);
    for (const [n, id] of ids.entries())
      apply(table, { id, kind: 'put', fields: { size: n % 7, text: `t${(n * 7_919) % 12_000}` }, ms: n });
    addOrders(partition, ['text', 'size']);
    for (const sort of ['text', '-text', 'size', '-size', '-size,-id', 'size,-id'].map(sortOf)) {
      let cursor: readonly Key[] | undefined;
      const steps: number[] = [];
      const walked: number[] = [];
      for (let page = 0; page < 100; page += 1) {
        const work = queryPartition(partition, thing, { filters: [], sort, limit: 100, after: cursor });
        let count = 1;
        let next = work.next();
        for (; !next.done; next = work.next()) count += 1;
        steps.push(count);
        walked.push(...next.value.slice(0, 100).map(({ number }) => number));
        cursor = next.value[99]?.keys;
      }
      const expected = naive(partition, ids, { filters: [], sort }).slice(0, 10_000);
      expect(walked.map((number) => idOf(partition.things, number))).to.deep.equal(expected.map(({ id }) => id));
      expect(Math.max(...steps), JSON.stringify(sort)).to.be.at.most(4);
    }
  });

  it('sorts large groups by further keys', () => {
    const table = openTable([0]);
    const partition = table.get(0) as Partition;
    const ids = Array.from({ length: 3_000 }, (_, n) => `id-${n}`);
    for (const [n, id] of ids.entries())
      apply(table, { id, kind: 'put', fields: { size: n % 2, text: `t${(n * 7_919) % 500}` }, ms: n });
    addOrders(partition, ['size']);
    for (const sort of ['size,-text', '-size,text,-id'].map(sortOf)) {
      const rows = run(queryPartition(partition, thing, { filters: [], sort, limit: 2_000, after: undefined }));
      const expected = naive(partition, ids, { filters: [], sort }).slice(0, 2_001);
      expect(rows.map(({ number }) => idOf(partition.things, number))).to.deep.equal(expected.map(({ id }) => id));
    }
  });
});

const sortOf = (text: string): SortKey[] => {
  const keys = text.split(',').map((one) => ({ field: one.replace('-', ''), descending: one.startsWith('-') }));
  return keys.some(({ field }) => field === 'id') ? keys : [...keys, { field: 'id', descending: false }];
};
