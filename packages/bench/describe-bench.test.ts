import { expect } from 'chai';
import { type BenchResult, describeBench, judgeAims } from './describe-bench.ts';
import type { Measurement } from './measure-round.ts';
import { targetNames } from './targets.ts';

const measured = (target: string, load: string, perSecond: number): Measurement => ({
  ...{ target, load, perSecond, p50Ms: 1, p99Ms: 2, requests: 100, failed: 0, statuses: {} },
  ...{ cpuMicros: 10, frontCpuMicros: 5, databaseCpuMicros: 3, tail: undefined },
});
const kind = (p99Ms: number) => ({ requests: 10, failed: 0, p50Ms: 1, p99Ms, mostMs: p99Ms });
const result: BenchResult = {
  ...{ about: ['a machine'], mixedTail: undefined, mixedPerSecond: 150, failovers: [], away: [], warnings: new Map() },
  measurements: [
    ...[290, 310, 305].map((perSecond) => measured(targetNames.muster, 'GET at 32', perSecond)),
    ...[100, 100, 99].map((perSecond) => measured(targetNames.plain, 'GET at 32', perSecond)),
    measured(targetNames.bare, 'GET at 32', 1_000),
  ],
  mixed: { GET: kind(3), PUT: kind(249), POST: kind(250), DELETE: kind(9) },
};

describe('The aims of the benchmark', () => {
  const reachedOf = (what: string) => judgeAims(result).find((aim) => aim.what.includes(what))?.isReached;
  it('are judged on medians', () => expect(reachedOf('GET at 32: requests/s against (c)')).to.equal(true));
  it('are missed by a lower ratio', () => expect(reachedOf('GET at 32: requests/s against (b)')).to.equal(false));
  it('are missed without a measurement', () => expect(reachedOf('POST at 256')).to.equal(false));
  it('require a p99 below 250 ms for each kind of request', () => {
    expect(reachedOf('p99 of PUT')).to.equal(true);
    expect(reachedOf('p99 of POST')).to.equal(false);
  });
});

describe('The report of the benchmark', () => {
  it('marks missed aims and shows ranges', () => {
    const text = describeBench(result);
    expect(text).to.contain('| GET at 32 | (a) Muster | 305 (290 – 310) |');
    expect(text).to.contain('**falls short**');
  });
});
