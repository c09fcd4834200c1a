import {
  compareKeys,
  countBy,
  defineRecord,
  type Filter,
  type Key,
  optional,
  shownGroup,
  type View,
} from '@muster/model';
import { openTestLog } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import type { RecordDocument } from './documents.ts';
import { ensureCollections } from './ensure-collections.ts';
import { type Log, recordsOf } from './open-log.ts';
import { readGroups } from './read-groups.ts';
import { recordOf } from './records.ts';

const thing = defineRecord({
  name: 'thing',
  title: 'Thing',
  collection: 'Things',
  fields: { text: optional(Joi.string()), size: Joi.number() },
  indexes: ['text'],
  views: { byText: countBy('text', { measures: ['size'] }) },
});
const view = thing.views.get('byText') as View;

const partitions = [0, 1, 2, 3];
const deadlineMs = 10_000;

const insertThings = async (log: Log, count: number) => {
  await ensureCollections(log, [thing], { partitions: partitions.length, hash: 'test' });
  const records = Array.from({ length: count }, (_, n): RecordDocument => {
    const [createdAt, updatedAt] = [new Date(n), new Date(2 * n)];
    const fields = { size: n, ...(n % 3 === 0 ? {} : { text: `t${n % 3}` }) };
    const active = { status: 'active' as const, version: 1, fields, createdAt, updatedAt };
    const deleted = { status: 'deleted' as const, version: 2, createdAt, deletedAt: updatedAt };
    return recordOf(`t-${n}`, n % partitions.length, n >= 9 && n < 12 ? deleted : active, 'test:1');
  });
  await recordsOf(log, thing).insertMany(records);
};

const read = (log: Log, filters: Filter[], within = partitions, active = 0) =>
  readGroups(log, thing, { view, filters, partitions: within, ofPartitions: partitions.length, active }, deadlineMs);

const shown = async (log: Log, filters: Filter[], within?: number[]) => {
  const found = await read(log, filters, within);
  if (found.kind === 'refused') return found.why;
  return found.groups.sort((one, other) => compareKeys(one.key, other.key)).map((group) => shownGroup(view, group));
};

const group = (key: Key, sizes: number[]) => {
  const sum = sizes.reduce((all, size) => all + size, 0);
  const figures = { count: sizes.length, sum, min: Math.min(...sizes), max: Math.max(...sizes) };
  return { key, count: sizes.length, measures: { size: { ...figures, average: sum / sizes.length } } };
};

describe('The groups of saved things', function () {
  this.timeout(120_000);

  it('have the active things of these partitions that meet the filters', async () => {
    await using log = await openTestLog();
    await insertThings(log, 16);
    expect(await shown(log, [])).to.deep.equal([
      ...[group(null, [0, 3, 6, 12, 15]), group('t1', [1, 4, 7, 13]), group('t2', [2, 5, 8, 14])],
    ]);
    expect(await shown(log, [{ field: 'text', operator: 'eq', keys: ['t1'] }])).to.deep.equal([
      group('t1', [1, 4, 7, 13]),
    ]);
    const after = [{ field: 'text', operator: 'gt' as const, keys: ['t1'] }];
    expect(await shown(log, after, [0, 1])).to.deep.equal([group('t2', [5, 8])]);
    expect(await shown(log, [{ field: 'text', operator: 'exists', keys: [false] }], [3])).to.deep.equal([
      group(null, [3, 15]),
    ]);
    expect(await shown(log, [{ field: 'text', operator: 'in', keys: ['none'] }])).to.deep.equal([]);
  });

  it('are refused when the database would read too many things', async () => {
    await using log = await openTestLog();
    await insertThings(log, 10_200);
    expect(await shown(log, [])).to.match(/more than 10000 records; add a filter on text/);
    expect(await shown(log, [{ field: 'text', operator: 'ne', keys: ['t1'] }])).to.match(/more than 10000 records/);
    expect(await shown(log, [{ field: 'text', operator: 'eq', keys: ['t1'] }])).to.have.length(1);
    expect((await read(log, [], [0], 10_001)).kind).to.equal('refused'); // by the checkpoints, without a read
  });
});
