import { judgeOverload } from '../judge-overload.ts';
import { manyConnections, measureLoad } from '../measure-load.ts';
import type { Row } from '../row.ts';
import { highestOf } from './mixed.ts';

const afterSeconds = 6;
const afterShare = 0.2;
const fallbackPerSecond = 1_000;

export const overload: Row = {
  name: 'overload',
  about: 'the mixed load at twice the highest rate of `mixed`, then at a fifth of it',
  kind: 'shared',
  rounds: 'once',
  targets: ['muster'],
  measure: async (bench, target) => {
    const highest = highestOf(bench, target) || fallbackPerSecond;
    const { seconds } = bench.options;
    const phases = [
      { perSecond: 2 * highest, seconds },
      { perSecond: afterShare * highest, seconds: afterSeconds },
    ];
    const { result } = await measureLoad(target, { recipe: 'mixed', connections: manyConnections, seconds, phases });
    const { goodPerSecond, ...judged } = judgeOverload(result.slices, seconds * 1_000);
    const unanswered = Object.values(result.faults).reduce((sum, count) => sum + count, 0);
    const figures = { ...judged, goodPerSecond, goodputShare: goodPerSecond / highest, unanswered };
    return [{ what: `${2 * highest}/s`, figures }];
  },
};
