import type { RecipeName } from '../load-spec.ts';
import { manyConnections, measureLoad, openLoop } from '../measure-load.ts';
import type { Measured, Row } from '../row.ts';

/** The rows that send one kind of request at some rates, in an open loop. */
const table: { recipe: RecipeName; about: string; rates: readonly number[] }[] = [
  { recipe: 'exists', about: 'POST with the ids of users that exist', rates: [1_000, 2_000] },
  { recipe: 'hot', about: 'PUT of one user, a real change each time', rates: [1_000, 2_000, 5_000] },
  { recipe: 'unseen', about: 'PUT to ids that were never seen', rates: [1_000] },
  { recipe: 'unchanged', about: 'PUT that changes nothing, over many users', rates: [1_000] },
];

/** Rows that send one kind of request at constant rates. */
export const atRates: readonly Row[] = table.map(({ recipe, about, rates }) => ({
  name: recipe,
  about: `${about}, open loop`,
  kind: 'shared',
  rounds: 'each',
  targets: ['muster'],
  measure: async ({ options }, target) => {
    const measured: Measured[] = [];
    for (const perSecond of rates) {
      const load = openLoop(recipe, perSecond, options.seconds, manyConnections);
      const { figures } = await measureLoad(target, load);
      measured.push({ what: `${perSecond}/s`, figures });
    }
    return measured;
  },
}));
