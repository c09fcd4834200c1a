import { repair } from '@muster/cli';
import type { Command } from 'commander';
import { examples, onRunning, print } from './parts.ts';

/** Adds the command `muster repair` to the program. */
export const addRepair = (program: Command): void => {
  program
    .command('repair')
    .description(
      'find events that share a version and streams that lack a version, while Muster is stopped; exit code 1 if found',
    )
    .option('--apply', 'move the wrong events into the collection RemovedEvents')
    .addHelpText('after', examples('muster repair', 'muster repair --apply'))
    .action((options: { apply?: true }) => onRunning((environment) => repair(environment, options, print)));
};
