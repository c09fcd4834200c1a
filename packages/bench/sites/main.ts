import { findSwallowed, runParent } from '@muster/runtime';
import { Command, CommanderError } from 'commander';
import { parseCount } from '../options.ts';
import { benchSites, type SitesOptions } from './bench-sites.ts';

const stopMs = 60_000;

const print = (text: string) => void process.stdout.write(`${text}\n`);

const program = new Command('bench:sites')
  .description('measures how fast a site adopts what another one has')
  .option('--events <number>', 'events in a round, a multiple of 10', parseCount, 10_000)
  .option('--rounds <number>', 'number of rounds', parseCount, 3)
  .option('--singles <number>', 'assets that are timed one by one', parseCount, 100)
  .exitOverride()
  .action((options: SitesOptions) =>
    runParent('muster-bench', (environment, signal) => benchSites(environment, options, signal, print), stopMs),
  );

const flags = program.options.map((option) => option.flags);
const swallowed = findSwallowed('bench:sites', flags, process.argv.slice(2), process.env);
try {
  if (swallowed === undefined) await program.parseAsync();
  else {
    console.error(`Cannot run bench:sites: ${swallowed}`);
    process.exitCode = 2;
  }
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
