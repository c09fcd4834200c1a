import { gatewayProgram } from '@muster/gateway';
import type { Command } from 'commander';
import { entitiesOption, examples, type WithEntities, withEntities } from './parts.ts';

/** Adds the command `muster gateway` to the program. */
export const addGateway = (program: Command): void => {
  program
    .command('gateway')
    .description('run one gateway; its settings come from the environment')
    .addOption(entitiesOption())
    .addHelpText(
      'after',
      examples(
        "MONGODB_URI='mongodb://db:27017/?replicaSet=rs0' CLUSTER_SECRET_FILE=./secret PORT=3000 muster gateway",
      ),
    )
    .action((options: WithEntities) =>
      withEntities('run a gateway', options, ({ entities }) => gatewayProgram(entities)),
    );
};
