import { measureLoad, openLoop } from '../measure-load.ts';
import type { Measured, Row } from '../row.ts';
import { withStages } from '../stage.ts';
import { musterOf } from '../targets.ts';

const perSecond = 500;
const never = { SNAPSHOT_EVERY: '1000000000', SNAPSHOT_AFTER_MS: '2000000000' };

export const snapshots: Row = {
  name: 'snapshots',
  about: `POST at ${perSecond}/s in an open loop, with snapshots and without`,
  kind: 'own',
  rounds: 'once',
  measure: async (bench, build) => {
    const { options, signal } = bench;
    const measured: Measured[] = [];
    const wanted = [
      { build, users: options.users },
      { build, users: options.users, settings: never, isSaving: false },
    ];
    await withStages(bench, wanted, async (stages) => {
      for (let round = 1; round <= options.rounds; round += 1) {
        for (const stage of round % 2 === 1 ? stages : stages.toReversed()) {
          signal.throwIfAborted();
          const { figures } = await measureLoad(musterOf(stage), openLoop('post', perSecond, options.seconds));
          measured.push({ what: stage.isSaving ? 'with snapshots' : 'without snapshots', figures });
        }
      }
    });
    return measured;
  },
};
