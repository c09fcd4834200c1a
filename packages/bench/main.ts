import { findSwallowed, runParent } from '@muster/runtime';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type BenchOptions, bench } from './bench.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);

const parseCount = (text: string): number => {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number above 0');
};

const quick = { seconds: 2, rounds: 1, users: 5_000, trials: 1, mixedSeconds: 10 };

const stopMs = 30_000;

const program = new Command('bench')
  .description(
    'measures Muster beside a bare Koa and a plain Koa + mongodb service; starts everything itself, on its own data',
  )
  .option('--seconds <number>', 'of each load', parseCount, 5)
  .option('--rounds <number>', 'of all loads on all targets', parseCount, 3)
  .option('--users <number>', 'there beforehand', parseCount, 100_000)
  .option('--trials <number>', 'kills of an aggregator', parseCount, 6)
  .option('--mixed-seconds <number>', 'of the mixed load', parseCount, 30)
  .option('--quick', 'a small run that only shows that it works')
  .option('--out <file>', 'put the Markdown there too')
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
