import { findSwallowed } from '@muster/runtime';
import { Command, CommanderError } from 'commander';
import { addAggregator } from './commands/aggregator.ts';
import { addFollow } from './commands/follow.ts';
import { addGateway } from './commands/gateway.ts';
import { addKeys } from './commands/keys.ts';
import { addNew } from './commands/new.ts';
import { examples } from './commands/parts.ts';
import { addRepair } from './commands/repair.ts';
import { addScale } from './commands/scale.ts';
import { addSeed } from './commands/seed.ts';
import { addSitesCommand } from './commands/sites.ts';
import { addStart } from './commands/start.ts';
import { addVerify } from './commands/verify.ts';
import { version } from './package-facts.ts';

const program = new Command('muster')
  .description('Runs and looks after Muster, an event-sourced backend on MongoDB')
  .version(version)
  .exitOverride()
  .addHelpText(
    'after',
    examples(
      'muster new shop                 writes a small project into the folder shop',
      'muster start                    runs everything for ./entities.ts, with a MongoDB of its own',
      'muster verify                   compares memory and records with the log',
      'muster help start               explains one command',
    ),
  );

const services = [addNew, addStart, addGateway, addAggregator, addFollow];
const adders = [...services, addVerify, addSitesCommand, addKeys, addRepair, addSeed, addScale];
for (const add of adders) add(program);

const parse = async () => {
  try {
    await program.parseAsync();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2; // 1 is a difference
  }
};

/** The problem when npm kept options of the command for itself; without them the other words mean something else. */
const findProblem = ([name = '', ...words]: readonly string[]): string | undefined => {
  const command = program.commands.find((one) => one.name() === name);
  if (name === 'start') return undefined; // judged with the settings
  const flags = command?.options.map((option) => option.flags) ?? [];
  const problem = findSwallowed(name, flags, words, process.env);
  return problem && `Cannot ${name}: ${problem}`;
};

const problem = findProblem(process.argv.slice(2));
if (problem === undefined) await parse();
else {
  console.error(problem);
  process.exitCode = 2;
}
