import { findSwallowed, runParent } from '@muster/runtime';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { repair } from './repair/repair.ts';
import type { ScaleOptions } from './scale/request-of.ts';
import { scale } from './scale/scale.ts';
import { seed } from './seed/seed.ts';
import { verify } from './verify/verify.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);

const parseCount = (text: string): number => {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number above 0');
};

const stopMs = 30_000;

const run = (work: (environment: NodeJS.ProcessEnv, signal: AbortSignal) => Promise<number>) =>
  runParent('muster-cli', work, stopMs);

const program = new Command('muster').description('Looks after a running Muster').exitOverride();

program
  .command('verify')
  .description(
    'compare memory and snapshot of the running system with the fold of its log; ' +
      'exit code 1 on a difference, 2 when it cannot look',
  )
  .option('--without-memory', 'do not ask the aggregators')
  .action((options: { withoutMemory?: true }) =>
    run((environment) => verify(environment, { memory: !options.withoutMemory }, print)),
  );

program
  .command('repair')
  .description(
    'find events that share a version and streams that lack a version, while Muster is stopped; exit code 1 if found',
  )
  .option('--apply', 'move the wrong events into the collection RemovedEvents')
  .action((options: { apply?: true }) => run((environment) => repair(environment, options, print)));

program
  .command('seed')
  .description('create plausible users in the running system')
  .requiredOption('--users <number>', 'the number of users', parseCount)
  .addOption(
    new Option('--via <way>', 'write through the API or directly into the log').choices(['api', 'log']).default('log'),
  )
  .option('--seed <number>', 'which users: the same seed gives the same users', parseCount, 1)
  .option('--concurrency <number>', 'writes at a time (default: 64 through the API, 2000 into the log)', parseCount)
  .option('--url <address>', 'the address of the gateway, if npm start does not run here')
  .action((options) => run((environment, signal) => seed(environment, options, signal, print)));

program
  .command('scale')
  .description(
    'change the numbers of processes of the running npm start, or restart them one at a time; ' +
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
  .action((aggregators: number | undefined, options: Omit<ScaleOptions, 'aggregators'>) =>
    run((environment, signal) => scale(environment, { aggregators, ...options }, signal, print)),
  );

const parse = async () => {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2; // 1 is a difference
  }
};

/**
 * What npm kept of the command's options, in words. Without
 * these options the remaining words mean something else, so they must not be parsed.
 */
const findProblem = ([name = '', ...words]: readonly string[]): string | undefined => {
  const command = program.commands.find((one) => one.name() === name);
  const flags = command?.options.map((option) => option.flags) ?? [];
  const problem = findSwallowed(name, flags, words, process.env);
  return problem && `Cannot ${name}: ${problem}`;
};

const problem = findProblem(process.argv.slice(2));
if (problem !== undefined) {
  console.error(problem);
  process.exitCode = 2;
} else {
  await parse();
}
