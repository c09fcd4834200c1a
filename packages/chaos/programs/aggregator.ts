import { runAggregator } from '@muster/aggregator';
import { listenForFailpoints, runProgram } from '@muster/runtime';
import { entities } from './entities.ts';

listenForFailpoints();
const title = `muster-aggregator ${process.env.AGGREGATOR_NAME ?? ''}`.trim();
await runProgram(
  title,
  (environment, signal) =>
    runAggregator(entities, environment, signal, (ready) => process.send?.({ kind: 'ready', ...ready })),
  28_000,
);
