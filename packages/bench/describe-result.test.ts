import { expect } from 'chai';
import { describeResult } from './describe-result.ts';
import { type About, type BenchResult, summarizeRun } from './result.ts';
import type { Sample } from './row.ts';
import { rows } from './rows.ts';

const about: About = {
  ...{ at: '2026-01-02T03:04:05.678Z', commit: 'abc1234', against: undefined, seed: 1, rows: ['get'] },
  options: { seconds: 5, rounds: 2, users: 1_000, sizes: [10, 20], trials: 1 },
  ...{ pinning: 'not pinned', loadAtStart: 0.25 },
  machine: { processor: 'P', cores: 2, memoryGib: 24, system: 'linux x64', node: '20', database: 'mongod, version 8' },
};
const sample = (target: string, cpuMicros: number, half: Sample['half'] = 'first'): Sample => ({
  ...{ row: 'get', what: 'GET at 32', target, round: 1, half, figures: { perSecond: 1_000, cpuMicros } },
});
const resultOf = (samples: Sample[], given: Partial<About> = {}): BenchResult => ({
  ...summarizeRun({ ...about, ...given }, samples, 'Muster'),
  problems: ['hot: it broke'],
  warnings: [['gateway: Answered late', 3]],
});

describe('The report of the benchmark', () => {
  const text = describeResult(
    resultOf([sample('Muster', 62), sample('Muster', 60, 'last'), sample('bare Koa', 20)]),
    rows,
  );
  it('says what was measured, and on what', () =>
    expect(text).to.contain('- measured 2026-01-02 03:04 UTC, commit abc1234\n').and.contain('- machine: P, 2 cores'));
  it('has the aims of the measured rows with their verdicts', () =>
    expect(text).to.contain('| get | CPU a request, against bare Koa | 3.05× | ≤ 1.50× | ≤ 1× | **falls short** |'));
  it('has the figures of each row with their ranges, and the A/A control', () => {
    expect(text).to.contain('| what | target | requests/s | CPU µs/request |');
    expect(text).to.contain('| GET at 32 | Muster | 1000 | 61 (60 – 62) |');
    expect(text).to.contain('- A/A control, GET at 32: 1.033');
  });
  it('has what was not measured, and what the processes logged', () =>
    expect(text).to.contain('- hot: it broke').and.contain('- 3× gateway: Answered late'));
  it('has the ratios to another revision', () => {
    const compared = resultOf([sample('Muster', 50), sample('Muster def5678', 100)], { against: 'def5678' });
    expect(describeResult(compared, rows)).to.contain('| get | GET at 32 | CPU µs/request | 0.500 |');
  });
});
