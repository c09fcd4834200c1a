import {
  compareRows,
  defineRecord,
  type Filter,
  type Key,
  keyOfThing,
  meetsAll,
  optional,
  type SortKey,
} from '@muster/model';
import { openTestLog } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import type { RecordDocument } from './documents.ts';
import { ensureCollections } from './ensure-collections.ts';
import { type Log, recordsOf } from './open-log.ts';
import { querySaved } from './query-saved.ts';
import { recordOf, stateOf } from './records.ts';

const thing = defineRecord({
  name: 'thing',
  title: 'Thing',
  collection: 'Things',
  fields: { text: optional(Joi.string()), size: optional(Joi.number()), at: optional(Joi.date()) },
  indexes: ['text', 'size', 'at'],
});

const partitions = [0, 1, 2, 3];
const deadlineMs = 10_000;

const values = {
  text: fc.constantFrom('', 'a', 'ab', 'b', 'ä', '\u{ffff}', '\u{1f600}'),
  size: fc.constantFrom(-1, 0, 0.5, 7),
  at: fc.constantFrom(0, 1, 2).map((ms) => new Date(ms)),
};
const names = ['text', 'size', 'at'] as const;

const anyFilter: fc.Arbitrary<Filter> = fc.constantFrom(...names).chain((field) =>
  fc.record({
    field: fc.constant(field),
    operator: fc.constantFrom(
      'eq' as const,
      'ne' as const,
      'lt' as const,
      'lte' as const,
      'gt' as const,
      'gte' as const,
    ),
    keys: (values[field] as fc.Arbitrary<Key>).map((key) => [key]),
  }),
);

const anySort: fc.Arbitrary<SortKey[]> = fc
  .tuple(fc.constantFrom(undefined, ...names), fc.boolean(), fc.boolean())
  .map(([field, descending, last]) => [...(field ? [{ field, descending }] : []), { field: 'id', descending: last }]);

const anyQuery = fc.record({
  filters: fc.array(anyFilter, { maxLength: 2 }),
  sort: anySort,
  limit: fc.constantFrom(1, 3, 20, 100),
  within: fc.subarray(partitions, { minLength: 1 }),
});

const insertThings = async (log: Log): Promise<RecordDocument[]> => {
  const all = fc.sample(fc.record(values, { requiredKeys: [] }), { numRuns: 150, seed: 11 });
  const records = all.map((fields, n) => {
    const [createdAt, updatedAt] = [new Date(n), new Date(2 * n)];
    const active = { status: 'active' as const, version: 1, fields, createdAt, updatedAt };
    const deleted = { status: 'deleted' as const, version: 2, createdAt, deletedAt: updatedAt };
    return recordOf(`t-${n}`, n % partitions.length, n % 9 === 0 ? deleted : active, 'test:1');
  });
  await recordsOf(log, thing).insertMany(records);
  return records;
};

describe('A query of saved things', function () {
  this.timeout(240_000);

  it('walks page by page through what a naive evaluation gives, in any partitions, or is refused', async () => {
    await using log = await openTestLog();
    await ensureCollections(log, [thing], { partitions: partitions.length, hash: 'test' });
    const records = await insertThings(log);
    await fc.assert(
      fc.asyncProperty(anyQuery, async ({ filters, sort, limit, within }) => {
        const rows = records.flatMap((record) => {
          const state = stateOf(thing, record);
          if (state.status !== 'active' || !within.includes(record.partition)) return [];
          const keyFor = (field: string) => keyOfThing(record._id, state, field);
          return meetsAll(filters, keyFor) ? [sort.map(({ field }) => keyFor(field))] : [];
        });
        const expected = rows.sort((one, other) => compareRows(sort, one, other)).map((keys) => keys.at(-1));
        const walked: Key[] = [];
        for (let after: Key[] | undefined; ; ) {
          const query = { filters, sort, limit, after, partitions: within, ofPartitions: partitions.length };
          const shown = { shown: 'things' as const, fields: undefined, total: true };
          const answer = await querySaved(log, thing, { ...query, ...shown }, deadlineMs);
          if (answer.kind === 'refused') {
            expect(filters.some(({ operator }) => operator !== 'ne')).to.equal(false);
            expect(filters.length > 0).to.equal(true);
            return;
          }
          if (filters.length > 0) expect(answer.total).to.equal(expected.length);
          expect(answer.items.map(({ json }) => JSON.parse(json).id)).to.deep.equal(
            answer.items.map(({ keys }) => keys.at(-1)),
          );
          walked.push(...answer.items.map(({ keys }) => keys.at(-1) ?? null));
          after = answer.items.at(-1)?.keys;
          if (!answer.more) break;
        }
        expect(walked).to.deep.equal(expected);
      }),
      { numRuns: 150 },
    );
  });
});
