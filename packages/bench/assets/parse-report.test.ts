import { expect } from 'chai';
import { parseReport } from './parse-report.ts';

const reported = {
  latencies: { mean: 2_600_000, '50th': 1e6, '90th': 2e6, '95th': 3e6, '99th': 5e6, max: 11_300_000, min: 1 },
  ...{ duration: 9_993_000_000, requests: 1_500, rate: 150.1, throughput: 37, success: 0.25 },
  ...{ status_codes: { 200: 375, 409: 1_125 }, errors: ['409 Conflict'] },
};

describe('A report of vegeta', () => {
  it('is read with times in milliseconds and seconds', () =>
    expect(parseReport(JSON.stringify(reported))).to.deep.equal({
      ...{ requests: 1_500, rate: 150.1, throughput: 37, seconds: 9.993, success: 0.25 },
      latencies: { mean: 2.6, p50: 1, p95: 3, p99: 5, max: 11.3 },
      ...{ statuses: { 200: 375, 409: 1_125 }, errors: ['409 Conflict'] },
    }));
  it('is refused when a figure is missing', () => {
    expect(() => parseReport(JSON.stringify({ ...reported, rate: undefined }))).to.throw('a number as rate');
    expect(() => parseReport(JSON.stringify({ ...reported, latencies: 3 }))).to.throw('an object as latencies');
    expect(() => parseReport('nothing')).to.throw(SyntaxError);
  });
});
