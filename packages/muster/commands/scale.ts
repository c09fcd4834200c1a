import { type ScaleOptions, scale } from '@muster/cli';
import type { Command } from 'commander';
import { examples, onRunning, parseCount, print } from './parts.ts';

/** Adds the command `muster scale` to the program. */
export const addScale = (program: Command): void => {
  program
    .command('scale')
    .description(
      'change the numbers of processes of the running muster start, or restart them one at a time; ' +
        'without arguments, show what runs',
    )
    .argument('[aggregators]', 'the wanted number of aggregators', parseCount)
    .option('--gateways <number>', 'the wanted number of gateways', parseCount)
    .option('--restart', 'restart the aggregators one at a time, each only when all copies are complete')
    .option('--only <which>', 'what to restart: aggregators, gateways, or the name of one process')
    .option('--set <NAME=VALUE...>', 'a setting to change for the restarted processes')
    .option(
      '--within <seconds>',
      'how long to wait for a process to get ready, and for complete copies (default: 120)',
      parseCount,
    )
    .addHelpText('after', examples('muster scale 5', 'muster scale --restart --set LOG_LEVEL=debug', 'muster scale'))
    .action((aggregators: number | undefined, options: Omit<ScaleOptions, 'aggregators'>) =>
      onRunning((environment, signal) => scale(environment, { aggregators, ...options }, signal, print)),
    );
};
