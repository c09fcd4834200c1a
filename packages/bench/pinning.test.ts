import { expect } from 'chai';
import { choosePinning, parseProcessors } from './pinning.ts';

describe('Pinning', () => {
  it('parses a list of processors', () => {
    expect(parseProcessors('0-2,5')).to.deep.equal([0, 1, 2, 5]);
    expect(parseProcessors('7')).to.deep.equal([7]);
    expect(parseProcessors('')).to.deep.equal([]);
  });
  it('gives one processor to what is measured, and the others to the rest', () =>
    expect(choosePinning([2, 3, 5])).to.deep.equal({ target: '2', rest: '3,5' }));
  it('needs two processors', () => {
    expect(choosePinning([0])).to.equal(undefined);
    expect(choosePinning([])).to.equal(undefined);
  });
});
