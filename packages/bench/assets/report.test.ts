import { expect } from 'chai';
import { makeTargets } from './make-targets.ts';
import { medianOf, parseReport, statusesOf, writeTable } from './report.ts';

const reported = (mean: number) =>
  JSON.stringify({
    ...{ requests: 10, rate: 150.2, throughput: 20, success: 0.5, status_codes: { 201: 5, 409: 5 } },
    latencies: { mean: mean * 1e6, '50th': 1e6, '95th': 2e6, '99th': 3e6, max: 4e6 },
  });

describe('The comparison of assets', () => {
  it('sends the same requests for the same seed, and others in each round', () => {
    const targets = makeTargets('http://a', 200, 1, 'one');
    expect(targets).to.deep.equal(makeTargets('http://a', 200, 1, 'one'));
    expect(targets).not.to.deep.equal(makeTargets('http://a', 200, 2, 'one'));
    expect(targets.every(({ url }) => url.startsWith('http://a/api/v1/assets'))).to.equal(true);
    expect(new Set(targets.map(({ method }) => method))).to.deep.equal(new Set(['POST', 'GET', 'DELETE']));
  });

  it('reads what vegeta reports, in milliseconds', () => {
    const report = parseReport(reported(2.5));
    expect(report.latencies).to.deep.equal({ mean: 2.5, '50th': 1, '95th': 2, '99th': 3, max: 4 });
    expect(() => parseReport('{}')).to.throw(SyntaxError, 'no requests or latencies');
  });

  it('writes medians with ranges, the ratio and what the original had', () => {
    const [muster, sqlite] = [
      [2, 4, 3].map((ms) => parseReport(reported(ms))),
      [1, 1, 1].map((ms) => parseReport(reported(ms))),
    ];
    expect(medianOf([2, 4, 3])).to.equal(3);
    expect(statusesOf(muster)).to.equal('201: 15, 409: 15');
    const table = writeTable(muster, sqlite);
    expect(table).to.include('| mean, ms | 3 (2–4) | 1 | 3.00 | ≤ 2.6: not met |');
    expect(table).to.include('| 99th, ms | 3 | 3 | 1.00 | ≤ 5: met |');
  });
});
