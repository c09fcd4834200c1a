import { expect } from 'chai';
import { compareRatios, describeCompared, ratiosOf } from './guard.ts';
import type { Group } from './summarize.ts';
import { targetNames } from './targets.ts';

describe('The guard', () => {
  it('tolerates a ratio up to 15 % above the stored one', () =>
    expect(compareRatios({ a: 2, b: 2 }, { a: 2.29, b: 1 }).map(({ isWorse }) => isWorse)).to.deep.equal([
      false,
      false,
    ]));
  it('fails past 15 %', () => {
    const compared = compareRatios({ a: 2 }, { a: 2.32 });
    expect(compared[0]?.isWorse).to.equal(true);
    expect(describeCompared(compared)).to.deep.equal(['WORSE: a: 2.32, stored 2.00 (+16.0 %)']);
  });
  it('fails without a measurement', () => expect(compareRatios({ a: 2 }, {})[0]?.isWorse).to.equal(true));
  it('compares processor time with that of the other targets', () => {
    const group = (target: string, cpu: number): Group => ({
      ...{ row: 'get', what: 'GET at 32', target },
      figures: { cpuMicros: { median: cpu, least: cpu, most: cpu, values: [cpu] } },
    });
    expect(ratiosOf([group(targetNames.muster, 90), group(targetNames.bare, 30)])).to.deep.equal({
      'GET at 32: CPU of all processes / bare Koa': 3,
    });
  });
});
