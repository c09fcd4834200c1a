import { expect } from 'chai';
import { addCounts, countOthers, findProblems } from './judge-statuses.ts';
import type { Report } from './parse-report.ts';

const reportOf = (statuses: Record<string, number>): Report => ({
  ...{ requests: Object.values(statuses).reduce((sum, count) => sum + count, 0), statuses, errors: [] },
  ...{ rate: 150, throughput: 1, seconds: 1, success: 0, latencies: { mean: 1, p50: 1, p95: 1, p99: 1, max: 1 } },
});

describe('The answers of bench:assets', () => {
  it('are added up over the rounds', () =>
    expect(addCounts([{ 200: 1, 409: 2 }, { 409: 3 }])).to.deep.equal({ 200: 1, 409: 5 }));
  it('count a request with another status once', () => {
    expect(countOthers({ 200: 9, 410: 1 }, { 200: 10 })).to.equal(1);
    expect(countOthers({ 200: 5, 409: 5 }, { 200: 5, 409: 5 })).to.equal(0);
  });
  it('may differ by a few requests that overtook each other', () =>
    expect(findProblems('Muster', [reportOf({ 409: 99, 410: 101 })], { 409: 100, 410: 100 })).to.deep.equal([]));
  it('may differ by two requests in a short run', () =>
    expect(findProblems('Muster', [reportOf({ 409: 8, 410: 12 })], { 409: 10, 410: 10 })).to.deep.equal([]));
  it('are a problem if more differ', () =>
    expect(findProblems('Muster', [reportOf({ 409: 90, 410: 110 })], { 409: 100, 410: 100 })).to.deep.equal([
      'Muster gave another status than expected to 10 of 200',
    ]));
  it('are a problem if a request failed or is missing', () =>
    expect(findProblems('SQLite', [reportOf({ 409: 198, 0: 1 })], { 409: 200 })).to.deep.equal([
      'SQLite got 199 requests, expected 200',
      'SQLite answered 1 requests with 0, which the mix has not',
    ]));
});
