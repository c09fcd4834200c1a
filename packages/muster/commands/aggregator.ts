import { aggregatorProgram } from '@muster/aggregator';
import type { Command } from 'commander';
import { entitiesOption, examples, type WithEntities, withEntities } from './parts.ts';

/** Adds the command `muster aggregator` to the program. */
export const addAggregator = (program: Command): void => {
  program
    .command('aggregator')
    .description('run one aggregator; its settings come from the environment')
    .addOption(entitiesOption())
    .addHelpText(
      'after',
      examples("MONGODB_URI='mongodb://db:27017/?replicaSet=rs0' CLUSTER_SECRET_FILE=./secret muster aggregator"),
    )
    .action((options: WithEntities) =>
      withEntities('run an aggregator', options, ({ entities }) => aggregatorProgram(entities)),
    );
};
