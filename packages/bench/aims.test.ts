import { expect } from 'chai';
import { judgeAims } from './aims.ts';
import type { Control, Group } from './summarize.ts';
import { targetNames } from './targets.ts';

const { muster, bare } = targetNames;
const group = (row: string, what: string, target: string, figures: Record<string, number>): Group => ({
  ...{ row, what, target },
  figures: Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [
      name,
      { median: value, least: value, most: value, values: [value] },
    ]),
  ),
});
const gets = (cpuMicros: number, perSecond = 700) => [
  group('get', 'GET at 32', muster, { cpuMicros, perSecond }),
  group('get', 'GET at 32', bare, { cpuMicros: 20, perSecond: 1_000 }),
];
const noControls: Control[] = [];
const outcomesOf = (groups: Group[], controls = noControls) =>
  judgeAims(groups, controls).map(({ outcome }) => outcome);

describe('The aims of the benchmark', () => {
  it('are judged for the rows that were measured', () =>
    expect(new Set(judgeAims(gets(20), []).map(({ row }) => row))).to.deep.equal(new Set(['get'])));
  it('are reached, reached with the stretch, or fall short', () => {
    expect(outcomesOf(gets(30))).to.deep.equal(['reached', 'falls short']);
    expect(outcomesOf(gets(20, 800))).to.deep.equal(['stretch reached', 'reached']);
    expect(outcomesOf(gets(31))).to.deep.equal(['falls short', 'falls short']);
  });
  it('are noisy when the A/A control of their case failed', () => {
    const control = { row: 'get', what: 'GET at 32', target: muster, ratio: 1.2, isNoisy: true };
    expect(outcomesOf(gets(20), [control])).to.deep.equal(['noisy', 'noisy']);
  });
  it('are not measured without the other target', () =>
    expect(outcomesOf(gets(20).slice(0, 1))).to.deep.equal(['not measured', 'not measured']));
  it('compare the largest size with the smallest', () => {
    const flat = [1_000, 5_000].map((users) =>
      group('flat', `GET, ${users} users`, muster, { cpuMicros: users / 100 }),
    );
    const found = judgeAims(flat, []).find(({ what }) => what.startsWith('CPU of a GET'));
    expect(found).to.include({ value: 5, outcome: 'falls short', measured: '5×', aim: '≤ 1.10×' });
  });
  it('of the feed read the ratios to the limit', () => {
    const groups = [
      group('live-fanout', '200 subscribers', muster, { wsRatio: 1.2, arrivalP99Ms: 60, getRatio: 1.1 }),
      group('live-connections', 'memory', muster, { wsRatio: 4, httpRatio: 1.1 }),
      group('live-connections', 'with 5000, no event', muster, { getRatio: 1 }),
      group('live-connections', 'with 5000, 50 events/s of others', muster, { getRatio: 2 }),
    ];
    expect(outcomesOf(groups)).to.deep.equal([
      ...['falls short', 'stretch reached', 'reached', 'falls short'],
      ...['reached', 'falls short', 'reached'],
    ]);
  });
});
