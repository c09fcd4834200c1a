import { openClock } from '@muster/store';
import { expect } from 'chai';
import { findUnknown, parseAt } from './parse-past.ts';

const clock = openClock();
const parse = (at: unknown) => parseAt({ clock }, { at });
const detailOf = (at: unknown) => {
  const parsed = parse(at);
  return parsed.kind === 'faults' ? parsed.faults.map(({ detail }) => detail).join() : parsed.value;
};

describe('The time of a question about the past', () => {
  it('is a time with its zone, or a day', () => {
    const cases = [
      ['2026-01-31T09:30:00Z', '2026-01-31T09:30:00.000Z'],
      ['2026-01-31T09:30:00.12+01:00', '2026-01-31T08:30:00.120Z'],
      ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ];
    for (const [text, time] of cases) expect(parse(text)).to.deep.equal({ kind: 'time', value: new Date(time ?? '') });
    expect(parse(undefined)).to.deep.equal({ kind: 'time', value: undefined });
  });

  it('is no other text, and not given twice', () => {
    for (const at of ['', 'x', '1', '2026-01-31T09:30:00', '2026-01-31T09:30:00 01:00', '2026-02-31', ['2026-01-31']])
      expect(detailOf(at)).to.match(/^"at": it must be a time in ISO 8601 with its zone/);
    expect(String(detailOf('x'.repeat(1_000))).length).to.be.below(300);
  });

  it('is not in the future', () => {
    expect(detailOf('9999-01-01')).to.match(/^"at": it is 9999-01-01T00:00:00.000Z, but the database's clock shows /);
    expect(detailOf(new Date(Date.now() - 5_000).toISOString())).to.be.instanceOf(Date);
  });
});

describe('Parameters that a route does not know', () => {
  it('are each named, with those that are known', () => {
    expect(findUnknown({ at: '1', x: '2', y: '3' }, ['at', 'version'])).to.deep.equal([
      { pointer: '/x', code: 'unknown-parameter', detail: 'the parameter "x" is not known; known are at and version' },
      { pointer: '/y', code: 'unknown-parameter', detail: 'the parameter "y" is not known; known are at and version' },
    ]);
    expect(findUnknown({ x: '' }, ['at'])[0]?.detail).to.contain('the only known one is at');
    expect(findUnknown({ at: '' }, ['at'])).to.deep.equal([]);
  });

  it('are named up to a limit', () => {
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`p${index}`, '']));
    expect(findUnknown(many, ['at'])).to.have.length(50);
  });
});
