import { closedLoop, measureLoad } from '../measure-load.ts';
import type { Measured, Row } from '../row.ts';

const connections = [256, 32, 1];

export const post: Row = {
  name: 'post',
  about: 'POST of new users without an id, closed loop',
  kind: 'shared',
  rounds: 'each',
  targets: ['muster', 'plain'],
  measure: async ({ options }, target) => {
    const measured: Measured[] = [];
    for (const count of connections) {
      const { figures } = await measureLoad(target, closedLoop('post', count, options.seconds));
      measured.push({ what: `POST at ${count}`, figures });
    }
    return measured;
  },
};
