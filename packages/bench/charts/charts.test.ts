import { expect } from 'chai';
import type { BenchResult } from '../result.ts';
import type { Group } from '../summarize.ts';
import { chartsOf } from './charts.ts';
import { drawChart } from './draw-chart.ts';

const group = (row: string, what: string, target: string, figures: Record<string, number>): Group => ({
  ...{ row, what, target },
  figures: Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [
      name,
      { median: value, least: value, most: value, values: [value] },
    ]),
  ),
});
const resultOf = (...groups: Group[]) => ({ groups }) as BenchResult;
const probe = (rate: number, p99Ms: number) =>
  group('mixed', `${rate}/s`, 'Muster', { wantedPerSecond: rate, p50Ms: p99Ms / 4, p99Ms });

describe('The charts', () => {
  it('are only those for which there are figures', () => expect(chartsOf(resultOf())).to.deep.equal([]));
  it('show latency by rate', () => {
    const [chart] = chartsOf(resultOf(probe(500, 8), probe(1_000, 40)));
    expect(chart?.kind === 'lines' && chart.lines).to.deep.equal([
      {
        name: 'p50',
        points: [
          [500, 2],
          [1_000, 10],
        ],
      },
      {
        name: 'p99',
        points: [
          [500, 8],
          [1_000, 40],
        ],
      },
    ]);
  });
  it('show the cost by size against the fewest users', () => {
    const sizes = [10, 1_000].map((users) =>
      group('flat', `GET, ${users} users`, 'Muster', { users, cpuMicros: users === 10 ? 40 : 50 }),
    );
    const [chart] = chartsOf(resultOf(...sizes));
    expect(chart?.kind === 'lines' && chart.lines).to.deep.equal([
      {
        name: 'GET',
        points: [
          [10, 1],
          [1_000, 1.25],
        ],
      },
    ]);
  });
  it('are drawn as SVG', () => {
    const bars = group('get', 'GET at 32', 'Muster', { frontCpuMicros: 60, aggregatorCpuMicros: 20 });
    for (const chart of chartsOf(resultOf(bars, probe(500, 8), probe(1_000, 40))))
      expect(drawChart(chart))
        .to.match(/^<svg .*<\/svg>$/s)
        .and.contain(chart.title);
  });
});
