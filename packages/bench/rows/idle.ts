import { pause } from '@muster/runtime';
import { partsBetween, readParts } from '../read-parts.ts';
import type { Row } from '../row.ts';
import { untilSaved } from '../until-saved.ts';

const savedWithinMs = 60_000;
const calmMs = 3_000;

export const idle: Row = {
  name: 'idle',
  about: 'the whole of Muster without a request, its database included',
  kind: 'shared',
  rounds: 'each',
  targets: ['muster'],
  measure: async ({ options, signal }, target) => {
    await untilSaved(target.stage.log, savedWithinMs);
    await pause(calmMs, signal);
    const [before, since] = [readParts(target), performance.now()];
    await pause(options.seconds * 1_000, signal);
    const spent = partsBetween(before, readParts(target));
    const shareOf = (ms: number) => ms / (performance.now() - since);
    const figures = {
      coreShare: shareOf(spent.all),
      gatewayShare: shareOf(spent.gateways),
      aggregatorShare: shareOf(spent.aggregators),
      databaseShare: shareOf(spent.database),
    };
    return [{ what: 'idle', figures }];
  },
};
