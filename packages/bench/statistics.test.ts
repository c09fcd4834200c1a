import { expect } from 'chai';
import { percentile, spreadOf } from './statistics.ts';

describe('Percentiles', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  it('use the nearest rank', () => {
    expect(percentile(hundred, 0.5)).to.equal(50);
    expect(percentile(hundred, 0.99)).to.equal(99);
    expect(percentile(hundred, 1)).to.equal(100);
    expect(percentile([7], 0.99)).to.equal(7);
  });
  it('of no values are NaN', () => expect(percentile([], 0.5)).to.be.NaN);
});

describe('A spread', () => {
  it('has its median between the two middle values', () =>
    expect(spreadOf([4, 1, 3, 2])).to.deep.equal({ median: 2.5, least: 1, most: 4 }));
  it('ignores NaN', () => expect(spreadOf([Number.NaN, 5])).to.deep.equal({ median: 5, least: 5, most: 5 }));
  it('of no values is NaN', () => expect(spreadOf([]).median).to.be.NaN);
});
