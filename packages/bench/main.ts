import { findSwallowed, runParent } from '@muster/runtime';
import { CommanderError } from 'commander';
import { bench } from './bench.ts';
import { openProgram, type ParsedOptions, requestOf } from './options.ts';
import { rows } from './rows.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);

const stopMs = 30_000;

const measure = async (parsed: ParsedOptions): Promise<void> => {
  const requested = requestOf(parsed, rows);
  if (requested.kind === 'problem') {
    console.error(`Cannot run bench: ${requested.problem}`);
    process.exitCode = 2;
    return;
  }
  await runParent(
    'muster-bench',
    (environment, signal) => bench(environment, requested.request, signal, print),
    stopMs,
  );
};

const program = openProgram(rows);
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
