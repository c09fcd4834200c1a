import { findSwallowed, runParent } from '@muster/runtime';
import { Command, CommanderError } from 'commander';
import { parseCount } from '../options.ts';
import { benchAssets, type LoadOptions } from './bench-assets.ts';

const stopMs = 60_000;

const print = (text: string) => void process.stdout.write(`${text}\n`);

const program = new Command('bench:assets')
  .description('measures Muster beside a small server over SQLite, with assets and the load generator vegeta')
  .option('--rate <number>', 'requests per second', parseCount, 150)
  .option('--seconds <number>', 'duration of each round, in seconds', parseCount, 10)
  .option('--rounds <number>', 'number of rounds; each measures both', parseCount, 3)
  .option('--seed <number>', 'seed of the requests', parseCount, 1)
  .exitOverride()
  .action((options: LoadOptions) =>
    runParent('muster-bench', (environment, signal) => benchAssets(environment, options, signal, print), stopMs),
  );

const flags = program.options.map((option) => option.flags);
const problem = findSwallowed('bench:assets', flags, process.argv.slice(2), process.env);
if (problem !== undefined) {
  console.error(`Cannot run bench:assets: ${problem}`);
  process.exit(2);
}
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
