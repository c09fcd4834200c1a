import { verify } from '@muster/cli';
import type { Command } from 'commander';
import { entitiesOption, examples, onRunning, print, type WithEntities, withEntities } from './parts.ts';

/** Adds the command `muster verify` to the program. */
export const addVerify = (program: Command): void => {
  program
    .command('verify')
    .description(
      'compare memory and snapshot of the running system with the fold of its log; ' +
        'exit code 1 on a difference, 2 when it cannot look',
    )
    .addOption(entitiesOption())
    .option('--without-memory', 'do not ask the aggregators')
    .addHelpText('after', examples('muster verify', "MONGODB_URI='mongodb://…' muster verify --without-memory"))
    .action((options: WithEntities & { withoutMemory?: true }) =>
      withEntities('verify', options, ({ entities }) =>
        onRunning((environment) => verify(environment, { memory: !options.withoutMemory, entities }, print)),
      ),
    );
};
