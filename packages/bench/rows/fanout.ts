import { closedLoop, measureLoad, openLoop } from '../measure-load.ts';
import type { Measured, Row } from '../row.ts';
import { withStage } from '../stage.ts';
import { musterOf } from '../targets.ts';

const counts = [1, 2, 4, 8];
const usersMax = 20_000;
const writesPerSecond = 300;
const copiesOf = (aggregators: number) => Math.min(Number(process.env.COPIES || 2), aggregators);

export const fanout: Row = {
  name: 'fanout',
  about: '1, 2, 4 and 8 aggregators: processor time of a read and of an applied event',
  kind: 'own',
  rounds: 'once',
  measure: async (bench, build) => {
    const { options, signal } = bench;
    const measured: Measured[] = [];
    for (const aggregators of counts) {
      await withStage(bench, { build, aggregators, users: Math.min(usersMax, options.users) }, async (stage) => {
        for (let round = 1; round <= options.rounds; round += 1) {
          signal.throwIfAborted();
          const target = musterOf(stage);
          const read = await measureLoad(target, closedLoop('get', 32, options.seconds));
          const write = await measureLoad(target, openLoop('put', writesPerSecond, options.seconds));
          const what = `${aggregators} aggregators`;
          const appliedCpuMicros = (write.figures.aggregatorCpuMicros ?? Number.NaN) / copiesOf(aggregators);
          measured.push({ what: `GET, ${what}`, figures: { aggregators, ...read.figures } });
          measured.push({ what: `PUT, ${what}`, figures: { aggregators, appliedCpuMicros, ...write.figures } });
        }
      });
    }
    return measured;
  },
};
