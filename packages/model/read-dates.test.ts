import { expect } from 'chai';
import Joi from 'joi';
import { defineRecord } from './define-record.ts';
import { parseInput } from './parse-input.ts';

const text = '2026-01-31T09:30:00Z';
const date = new Date(text);
const isNoDate = (where: string) => `${where} must be a date in ISO 8601, such as 2026-01-31T09:30:00Z`;

/** What becomes of a value that a client sends for a field with this schema: the value, or the faults. */
const read = (schema: Joi.Schema, value: unknown, others: Record<string, Joi.Schema> = {}, more: object = {}) => {
  const visit = defineRecord({
    name: 'visit',
    title: 'Visit',
    collection: 'Visits',
    fields: { when: schema, ...others },
  });
  const parsed = parseInput(visit.creating, JSON.parse(JSON.stringify({ when: value, ...more })));
  return parsed.kind === 'input' ? parsed.fields.when : parsed.faults;
};

describe('A date that a client sends', () => {
  it('is a text in ISO 8601: a day, or a time with its zone', () => {
    const dates = {
      '2026-01-31': '2026-01-31T00:00:00.000Z',
      '2026-01-31T09:30Z': '2026-01-31T09:30:00.000Z',
      '2026-01-31T09:30:15+01:00': '2026-01-31T08:30:15.000Z',
      '2026-01-31T09:30:15.5-00:30': '2026-01-31T10:00:15.500Z',
      '2026-01-31T09:30:15.123456789Z': '2026-01-31T09:30:15.123Z',
      '2024-02-29': '2024-02-29T00:00:00.000Z',
      '2000-02-29': '2000-02-29T00:00:00.000Z',
      '0004-02-29': '0004-02-29T00:00:00.000Z',
      '2026-12-31T24:00:00Z': '2027-01-01T00:00:00.000Z',
    };
    for (const [sent, meant] of Object.entries(dates))
      expect(read(Joi.date(), sent), sent).to.deep.equal(new Date(meant));
  });

  it('is no other text', () => {
    const wrong = [
      ...['', ' ', 'today', '2026', '2026-01', '20260131', '31.01.2026', '01/31/2026', 'Sat, 31 Jan 2026 09:30:00 GMT'],
      ...['2026-01-31T09:30', '2026-01-31T09:30:00', '2026-01-31 09:30Z', '2026-01-31T09Z', '2026-01-31t09:30z'],
      ...[' 2026-01-31', '2026-01-31\n', '+02026-01-31', '12026-01-31', '2026-1-31', '1769851800000'],
    ];
    for (const sent of wrong)
      expect(read(Joi.date(), sent), sent).to.deep.equal([
        { pointer: '/when', code: 'not-a-date', detail: isNoDate('"when"') },
      ]);
  });

  it('is no day that the calendar does not have', () => {
    const wrong = ['2026-02-29', '2026-02-31', '2026-02-31T09:30:00Z', '1900-02-29', '2026-04-31', '2026-01-32'];
    const odd = [
      '2026-01-00',
      '2026-00-01',
      '2026-13-01',
      '2026-01-31T25:00Z',
      '2026-01-31T09:60Z',
      '2026-01-31T09:30+25:00',
    ];
    for (const sent of [...wrong, ...odd])
      expect(read(Joi.date(), sent), sent).to.deep.equal([
        { pointer: '/when', code: 'not-a-date', detail: isNoDate('"when"') },
      ]);
  });

  it('is no number, and nothing else that JSON has', () => {
    for (const sent of [0, 1_769_851_800_000, true, {}, [], [text], null])
      expect(read(Joi.date(), sent), JSON.stringify(sent)).to.deep.equal([
        { pointer: '/when', code: 'not-a-date', detail: isNoDate('"when"') },
      ]);
  });

  it('may be null where the schema allows it', () => {
    expect(read(Joi.date().allow(null), null)).to.equal(null);
    expect(read(Joi.date().allow(null), text)).to.deep.equal(date);
  });

  it('is held to the rules of its schema', () => {
    const min = Joi.date().min('2026-02-01');
    expect(read(min, '2026-02-01')).to.deep.equal(new Date('2026-02-01'));
    expect(read(min, text)).to.deep.equal([
      {
        pointer: '/when',
        code: 'too-early',
        detail: '"when" must be greater than or equal to "2026-02-01T00:00:00.000Z"',
      },
    ]);
    expect(read(Joi.date().iso(), text)).to.deep.equal(date);
    const after = { until: Joi.date().min(Joi.ref('when')) };
    expect(read(Joi.date(), text, after, { until: '2026-02-01' })).to.deep.equal(date);
    expect(read(Joi.date(), text, after, { until: '2026-01-01' })).to.deep.equal([
      { pointer: '/until', code: 'too-early', detail: '"until" must be greater than or equal to "ref:when"' },
    ]);
  });

  it('is found in lists and objects', () => {
    expect(read(Joi.array().items(Joi.date()), [text, '2026-01-31'])).to.deep.equal([date, new Date('2026-01-31')]);
    expect(read(Joi.object({ from: Joi.object({ at: Joi.date() }) }), { from: { at: text } })).to.deep.equal({
      from: { at: date },
    });
    expect(read(Joi.object().pattern(/./, Joi.date()), { 'a/b': text, constructor: text })).to.deep.equal({
      ...{ 'a/b': date, constructor: date },
    });
    expect(read(Joi.array().items(Joi.object({ at: Joi.date() })), [{ at: text }, { at: text }])).to.deep.equal([
      ...[{ at: date }, { at: date }],
    ]);
    expect(read(Joi.array().items(Joi.date()).unique(), [text, text])).to.deep.equal([
      { pointer: '/when/1', code: 'duplicate', detail: '"when[1]" contains a duplicate value' },
    ]);
  });

  it('is found where the schema has alternatives', () => {
    const either = Joi.alternatives(Joi.date(), Joi.number());
    expect([read(either, text), read(either, 7)]).to.deep.equal([date, 7]);
    expect(read(either, 'x')).to.deep.equal([
      { pointer: '/when', code: 'wrong-type', detail: '"when" must be one of [date, number]' },
    ]);
    expect(read(Joi.alternatives(Joi.date(), Joi.valid('never')), text)).to.deep.equal(date);
    expect(read(Joi.alternatives(Joi.date(), Joi.valid('never')), 'never')).to.equal('never');
    const late = Joi.alternatives(Joi.date().min('2027-01-01'), Joi.number());
    expect(read(late, text)).to.have.nested.property('[0].pointer', '/when');
    const within = Joi.alternatives(Joi.object({ at: Joi.date() }), Joi.number());
    expect(read(within, { at: text })).to.deep.equal({ at: date });
  });

  it('stays a text where the schema takes a text', () => {
    for (const schema of [Joi.string(), Joi.any(), Joi.alternatives(Joi.string(), Joi.date()), Joi.string().isoDate()])
      expect(read(schema, text)).to.equal(text);
  });

  it('comes with every other fault, each where it is', () => {
    const fields = { stars: Joi.number() };
    expect(read(Joi.array().items(Joi.date()), [text, '31 May', text], fields, { stars: 'many' })).to.deep.equal([
      { pointer: '/when/1', code: 'not-a-date', detail: isNoDate('"when[1]"') },
      { pointer: '/stars', code: 'not-a-number', detail: '"stars" must be a number' },
    ]);
    expect(read(Joi.date(), text, fields, { stars: 'many' })).to.deep.equal([
      { pointer: '/stars', code: 'not-a-number', detail: '"stars" must be a number' },
    ]);
  });

  it('leaves the body as it was sent', () => {
    const visit = defineRecord({
      ...{ name: 'visit', title: 'Visit', collection: 'Visits' },
      fields: { when: Joi.date(), others: Joi.array().items(Joi.date()) },
    });
    const body = Object.freeze({ when: text, others: Object.freeze([text]) });
    expect(parseInput(visit.creating, body)).to.deep.include({ fields: { when: date, others: [date] } });
    expect(body).to.deep.equal({ when: text, others: [text] });
  });

  it('under a key that its schema renames is a fault, not a failure', () => {
    const renamed = Joi.object({ from: Joi.object({ at: Joi.date() }) }).rename('since', 'from');
    expect(read(renamed, { since: { at: text } })).to.have.nested.property('[0].pointer', '/when/from/at');
  });
});
