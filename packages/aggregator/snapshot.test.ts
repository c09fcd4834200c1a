import { expect } from 'chai';
import { waitAfter } from './snapshot.ts';

describe('Between the batches of a snapshot, appends go first', () => {
  it('for four times as long as a batch took, and only as long when many are left', () => {
    expect([waitAfter(10, 1), waitAfter(10, 39), waitAfter(10, 40)]).to.deep.equal([40, 40, 10]);
  });

  it('for a quarter of a second at most, as a stopped process makes a batch seem long', () => {
    expect([waitAfter(12_000, 1), waitAfter(12_000, 100)]).to.deep.equal([250, 250]);
  });
});
