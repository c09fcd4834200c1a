import { expect } from 'chai';
import { orderOf } from './run-rows.ts';

const show = (items: string[], round: number, isControlled: boolean) =>
  orderOf(items, round, isControlled)
    .map(({ item, half }) => `${item}:${half}`)
    .join(' ');

describe('The order of a round', () => {
  it('has the first target again at the end', () =>
    expect(show(['A', 'B'], 1, true)).to.equal('A:first B:first A:last'));
  it('is reversed in every second round', () => expect(show(['A', 'B'], 2, true)).to.equal('A:last B:first A:first'));
  it('takes a single target once, and compares the odd rounds with the even ones', () => {
    expect(show(['A'], 1, true)).to.equal('A:first');
    expect(show(['A'], 2, true)).to.equal('A:last');
  });
  it('takes each target once without a control', () => {
    expect(show(['A', 'B'], 1, false)).to.equal('A:first B:first');
    expect(show(['A', 'B'], 2, false)).to.equal('B:last A:last');
  });
});
