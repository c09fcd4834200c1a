import { entities } from '@muster/entities';
import { listenForFailpoints, runProgram } from '@muster/runtime';
import { runAggregator } from './run-aggregator.ts';

listenForFailpoints();
const title = `muster-aggregator ${process.env.AGGREGATOR_NAME ?? ''}`.trim();
await runProgram(
  title,
  (environment, signal) =>
    runAggregator(entities, environment, signal, (ready) => process.send?.({ kind: 'ready', ...ready })),
  28_000,
);
