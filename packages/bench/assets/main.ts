import { findSwallowed, runParent } from '@muster/runtime';
import { CommanderError } from 'commander';
import { benchAssets, type LoadOptions } from './bench-assets.ts';
import { findProblem, openProgram } from './options.ts';

const stopMs = 60_000;

const print = (text: string) => void process.stdout.write(`${text}\n`);

const refuse = (problem: string) => {
  console.error(`Cannot run bench:assets: ${problem}`);
  process.exitCode = 2;
};

const measure = async (options: LoadOptions): Promise<void> => {
  const problem = findProblem(options);
  if (problem !== undefined) return refuse(problem);
  await runParent('muster-bench', (environment, signal) => benchAssets(environment, options, signal, print), stopMs);
};

const program = openProgram().action(measure);
const flags = program.options.map((option) => option.flags);
const swallowed = findSwallowed('bench:assets', flags, process.argv.slice(2), process.env);
try {
  if (swallowed !== undefined) refuse(swallowed);
  else await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}
