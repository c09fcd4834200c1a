import { defineRecord, meetsAll } from '@muster/model';
import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import { parseFilters } from './parse-filters.ts';

const task = defineRecord({
  ...{ name: 'task', title: 'Task', collection: 'Tasks', fields: { due: Joi.date() }, indexes: ['due'] },
});

const lengths = [4, 7, 10, 13, 16]; // of a year, a month, a day, an hour and a minute
const from = new Date('2019-12-30T22:58:00Z').getTime();

// dates around the ends of years, months, days, hours and minutes
const anyDate = fc
  .record({ days: fc.constantFrom(0, 1, 2, 60, 366, 425), ms: fc.integer({ min: 0, max: 3 * 3_600_000 }) })
  .map(({ days, ms }) => new Date(from + days * 86_400_000 + ms));
const anyPartial = fc
  .tuple(anyDate, fc.constantFrom(...lengths))
  .map(([date, length]) => date.toISOString().slice(0, length));

const meets = (date: Date, operator: string, text: string): boolean => {
  const { value, faults } = parseFilters(task, { [`filter[Due][${operator}]`]: text });
  expect(faults).to.deep.equal([]);
  return meetsAll(value, () => date);
};

describe('A filter by a partial date', () => {
  it('has the dates whose text begins with it', () =>
    fc.assert(
      fc.property(anyDate, anyPartial, (date, text) => {
        const written = date.toISOString();
        const isIn = written.startsWith(text);
        const comes = written.slice(0, text.length) < text ? 'before' : 'not before';
        expect(meets(date, 'eq', text)).to.equal(isIn);
        expect(meets(date, 'ne', text)).to.equal(!isIn);
        expect(meets(date, 'lt', text)).to.equal(comes === 'before');
        expect(meets(date, 'gte', text)).to.equal(comes !== 'before');
        expect(meets(date, 'lte', text)).to.equal(comes === 'before' || isIn);
        expect(meets(date, 'gt', text)).to.equal(comes !== 'before' && !isIn);
      }),
    ));

  it('has those of any of several with in', () =>
    fc.assert(
      fc.property(anyDate, fc.array(anyPartial, { minLength: 1, maxLength: 4 }), (date, texts) => {
        const isIn = texts.some((text) => date.toISOString().startsWith(text));
        expect(meets(date, 'in', texts.join(','))).to.equal(isIn);
      }),
    ));

  it('has a missing value only with ne', () => {
    const { value } = parseFilters(task, { 'filter[due][ne]': '2026' });
    expect(meetsAll(value, () => null)).to.equal(true);
    for (const operator of ['eq', 'lt', 'lte', 'gt', 'gte', 'in'])
      expect(
        meetsAll(
          parseFilters(task, { [`filter[due][${operator}]`]: '2026,2027'.slice(0, operator === 'in' ? 9 : 4) }).value,
          () => null,
        ),
        operator,
      ).to.equal(false);
  });
});
