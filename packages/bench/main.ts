import { findSwallowed, runParent } from '@muster/runtime';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type BenchOptions, bench } from './bench.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);

const parseCount = (text: string): number => {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected an integer above 0');
};

const quick = { seconds: 2, rounds: 1, users: 5_000, trials: 1, mixedSeconds: 10 };

const stopMs = 30_000;

const program = new Command('bench')
  .description('compares Muster with a bare Koa and a plain Koa + mongodb service; starts all of them on its own data')
  .option('--seconds <number>', 'duration of each load, in seconds', parseCount, 5)
  .option('--rounds <number>', 'number of rounds; each runs all loads on all targets', parseCount, 3)
  .option('--users <number>', 'number of users created before the measurements', parseCount, 100_000)
  .option('--trials <number>', 'number of times an aggregator is killed', parseCount, 6)
  .option('--mixed-seconds <number>', 'duration of the mixed load, in seconds', parseCount, 30)
  .option('--quick', 'a small run, which only shows that the benchmark works')
  .option('--out <file>', 'also write the Markdown to this file')
  .exitOverride();

const measure = (options: BenchOptions & { quick?: true }) =>
  runParent(
    'muster-bench',
    (environment, signal) => bench(environment, options.quick ? { ...options, ...quick } : options, signal, print),
    stopMs,
  );

const flags = program.options.map((option) => option.flags);
const problem = findSwallowed('bench', flags, process.argv.slice(2), process.env);
if (problem !== undefined) {
  console.error(`Cannot run bench: ${problem}`);
  process.exit(2);
}
try {
  await program.action(measure).parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
