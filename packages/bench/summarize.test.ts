import { expect } from 'chai';
import type { Sample } from './row.ts';
import { groupSamples, judgeControls } from './summarize.ts';

const sample = (round: number, half: Sample['half'], cpuMicros: number, target = 'Muster'): Sample => ({
  ...{ row: 'get', what: 'GET at 32', target, round, half, figures: { cpuMicros } },
});

describe('The samples of a run', () => {
  const samples = [
    sample(1, 'first', 10),
    sample(1, 'first', 30, 'bare Koa'),
    sample(1, 'last', 14),
    sample(2, 'last', 12),
  ];
  it('are grouped by case and target, with their median and range', () =>
    expect(groupSamples(samples)).to.deep.equal([
      {
        ...{ row: 'get', what: 'GET at 32', target: 'Muster' },
        figures: { cpuMicros: { median: 12, least: 10, most: 14, values: [10, 14, 12] } },
      },
      {
        ...{ row: 'get', what: 'GET at 32', target: 'bare Koa' },
        figures: { cpuMicros: { median: 30, least: 30, most: 30, values: [30] } },
      },
    ]));
});

describe('The A/A control', () => {
  it('passes when the same target costs the same in both halves', () => {
    const [control] = judgeControls([sample(1, 'first', 100), sample(1, 'last', 104)], 'Muster');
    expect(control).to.deep.include({ what: 'GET at 32', isNoisy: false });
  });
  it('fails when it costs more than 5 % more or less', () => {
    expect(judgeControls([sample(1, 'first', 100), sample(1, 'last', 106)], 'Muster')[0]?.isNoisy).to.equal(true);
    expect(judgeControls([sample(1, 'first', 106), sample(1, 'last', 100)], 'Muster')[0]?.isNoisy).to.equal(true);
  });
  it('needs both halves, of the target itself', () =>
    expect(judgeControls([sample(1, 'first', 100), sample(1, 'last', 100, 'bare Koa')], 'Muster')).to.deep.equal([]));
});
