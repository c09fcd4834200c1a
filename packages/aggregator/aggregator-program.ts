import type { Entity } from '@muster/model';
import { runProgram } from '@muster/runtime';
import { runAggregator } from './run-aggregator.ts';

const stopMs = 28_000; // it hands over what it holds, then saves a last snapshot

/** Runs this process as an aggregator of these entities. It tells its parent when it is ready, with name and ports. */
export const aggregatorProgram = (entities: readonly Entity[]): Promise<void> =>
  runProgram(
    `muster-aggregator ${process.env.AGGREGATOR_NAME ?? ''}`.trim(),
    (environment, signal) =>
      runAggregator(entities, environment, signal, (ready) => process.send?.({ kind: 'ready', ...ready })),
    stopMs,
  );
