import { expect } from 'chai';
import { describeLoad } from './describe-load.ts';
import type { Report } from './parse-report.ts';

const reportOf = (mean: number, p99: number): Report => ({
  ...{ requests: 1_500, rate: 150.1, throughput: 37, seconds: 10, success: 0.25, errors: [] },
  ...{ latencies: { mean, p50: 1, p95: 2, p99, max: 11.3 }, statuses: { 200: 375, 409: 1_125 } },
});

describe('The table of bench:assets', () => {
  const lines = describeLoad({
    muster: [reportOf(2, 6), reportOf(4, 6), reportOf(2.5, 6)],
    sqlite: [reportOf(1, 3), reportOf(1, 3), reportOf(1, 3)],
    expected: { 200: 1_125, 409: 3_374, 410: 1 },
  });
  it('has medians with ranges, the ratio, and the figures of the original', () => {
    expect(lines).to.include('| latency mean, ms | 2.50 (2.00 – 4.00) | 1.00 | 2.50 | ≤ 2.6 | yes |');
    expect(lines).to.include('| latency p99, ms | 6.00 | 3.00 | 2.00 | ≤ 5 | **no** |');
    expect(lines).to.include('| latency max, ms | 11.30 | 11.30 | 1.00 | ≤ 11.3 | yes |');
    expect(lines).to.include('| requests | 1500 | 1500 |  |  |  |');
  });
  it('has the counts of each status of all rounds', () => {
    expect(lines).to.include('| 409 | 3375 | 3375 | 3374 |');
    expect(lines).to.include('| 410 | 0 | 0 | 1 |');
  });
});
