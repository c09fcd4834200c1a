import { closedLoop, measureLoad } from '../measure-load.ts';
import type { Row } from '../row.ts';

export const get: Row = {
  name: 'get',
  about: 'GET by id, over all aggregators, 32 connections in a closed loop',
  kind: 'shared',
  rounds: 'each',
  targets: ['muster', 'bare', 'plain'],
  measure: async ({ options }, target) => {
    const { figures } = await measureLoad(target, closedLoop('get', 32, options.seconds));
    return [{ what: 'GET at 32', figures }];
  },
};
