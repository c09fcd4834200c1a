import { runAggregator } from '@muster/aggregator';
import { repair, type ScaleOptions, type SeedOptions, scale, seed, verify } from '@muster/cli';
import { runGateway } from '@muster/gateway';
import type { Entity } from '@muster/model';
import { type Environment, findSwallowed, runParent, runProgram } from '@muster/runtime';
import { runStart } from '@muster/supervisor';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { loadEntities } from './load-entities.ts';
import { newProject } from './new-project.ts';
import { version } from './package-facts.ts';
import { programsFor } from './programs-for.ts';
import { tryIt } from './try-it.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);

const parseCount = (text: string): number => {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number above 0');
};

const parsePort = (text: string): string => {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return text;
  throw new InvalidArgumentError('expected a port from 0 to 65535; 0 takes a free one');
};

const entitiesOption = () =>
  new Option('--entities <file>', 'the TypeScript or JavaScript file that exports the list of entities')
    .env('ENTITIES')
    .default(undefined, './entities.ts, ./entities.js or ./entities.mjs');

type WithEntities = { entities?: string };
type Loaded = { entities: readonly Entity[]; path: string };

/** Runs the work with the entities of the named file. A file that cannot be used ends the command with code 2. */
const withEntities = async (
  what: string,
  { entities: file }: WithEntities,
  work: (loaded: Loaded) => Promise<void>,
) => {
  const loaded = await loadEntities(file);
  if (loaded.kind === 'entities') return work(loaded);
  console.error(`Cannot ${what}: ${loaded.problem}`);
  process.exitCode = 2;
};

/** Runs a command on a running Muster; its number is the exit code. */
const onRunning = (work: (environment: NodeJS.ProcessEnv, signal: AbortSignal) => Promise<number>) =>
  runParent('muster-cli', work, stopMs);

const stopMs = 30_000;
const aggregatorStopMs = 28_000; // it hands over what it holds, then saves a last snapshot

const examples = (...lines: string[]) => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}\n`;

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

program
  .command('new')
  .description('write a small project: an entity, its tests, a README and files for containers')
  .argument('<folder>', 'a folder that does not exist yet, or is empty')
  .option('--muster <version>', 'the version of muster that the project uses (default: a file of this package)')
  .addHelpText('after', examples('muster new shop', 'cd shop && npm install && npm start'))
  .action((folder: string, options: { muster?: string }) => newProject(folder, options.muster, print));

program
  .command('start')
  .description('run everything on this machine: MongoDB, gateways and aggregators; Ctrl-C stops it')
  .addOption(entitiesOption())
  .option('--port <number>', 'the port of the HTTP API (3000)', parsePort)
  .option('--data <folder>', 'where the embedded MongoDB keeps its data (./data)')
  .option('--aggregators <number>', 'the number of aggregators (3)', parseCount)
  .option('--gateways <number>', 'the number of gateways (1)', parseCount)
  .option('--mongodb-uri <uri>', 'a replica set to use, instead of an embedded MongoDB')
  .allowUnknownOption()
  .allowExcessArguments()
  .addHelpText(
    'after',
    examples(
      'muster start --entities ./entities.ts',
      "muster start --port 8080 --mongodb-uri 'mongodb://localhost:27017/?replicaSet=rs0'",
      'AGGREGATORS=5 LOG_LEVEL=warn muster start',
    ),
  )
  .action((options: WithEntities & StartOptions, command: Command) =>
    withEntities('start', options, ({ entities: [first], path }) =>
      runStart({
        words: command.args,
        settings: settingsOf(options),
        programs: programsFor(path),
        tryIt: (url) => (first ? tryIt(first, url) : []),
      }),
    ),
  );

type StartOptions = {
  port?: string;
  data?: string;
  aggregators?: number;
  gateways?: number;
  mongodbUri?: string;
};

/** The options as the settings that they stand for; those that were not given are left to the environment. */
const settingsOf = ({ port, data, aggregators, gateways, mongodbUri }: StartOptions): Environment => {
  const named = { PORT: port, DATA: data, AGGREGATORS: aggregators, GATEWAYS: gateways, MONGODB_URI: mongodbUri };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
};

program
  .command('gateway')
  .description('run one gateway; its settings come from the environment')
  .addOption(entitiesOption())
  .addHelpText(
    'after',
    examples("MONGODB_URI='mongodb://db:27017/?replicaSet=rs0' CLUSTER_SECRET_FILE=./secret PORT=3000 muster gateway"),
  )
  .action((options: WithEntities) =>
    withEntities('run a gateway', options, ({ entities }) =>
      runProgram('muster-gateway', (environment, signal) =>
        runGateway(entities, environment, signal, (port) => process.send?.({ kind: 'ready', port })),
      ),
    ),
  );

program
  .command('aggregator')
  .description('run one aggregator; its settings come from the environment')
  .addOption(entitiesOption())
  .addHelpText(
    'after',
    examples("MONGODB_URI='mongodb://db:27017/?replicaSet=rs0' CLUSTER_SECRET_FILE=./secret muster aggregator"),
  )
  .action((options: WithEntities) =>
    withEntities('run an aggregator', options, ({ entities }) =>
      runProgram(
        `muster-aggregator ${process.env.AGGREGATOR_NAME ?? ''}`.trim(),
        (environment, signal) =>
          runAggregator(entities, environment, signal, (ready) => process.send?.({ kind: 'ready', ...ready })),
        aggregatorStopMs,
      ),
    ),
  );

program
  .command('verify')
  .description(
    'compare memory and snapshot of the running system with the fold of its log; ' +
      'exit code 1 on a difference, 2 when it cannot look',
  )
  .addOption(entitiesOption())
  .option('--without-memory', 'do not ask the aggregators')
  .addHelpText('after', examples('muster verify', "MONGODB_URI='mongodb://…' muster verify --without-memory"))
  .action((options: WithEntities & { withoutMemory?: true }) =>
    withEntities('verify', options, ({ entities }) =>
      onRunning((environment) => verify(environment, { memory: !options.withoutMemory, entities }, print)),
    ),
  );

program
  .command('repair')
  .description(
    'find events that share a version and streams that lack a version, while Muster is stopped; exit code 1 if found',
  )
  .option('--apply', 'move the wrong events into the collection RemovedEvents')
  .addHelpText('after', examples('muster repair', 'muster repair --apply'))
  .action((options: { apply?: true }) => onRunning((environment) => repair(environment, options, print)));

program
  .command('seed')
  .description('create plausible things of a record in the running system')
  .addOption(entitiesOption())
  .option('--entity <name>', 'the record', 'user')
  .addOption(new Option('--users <number>', 'the number of things').argParser(parseCount))
  .addOption(new Option('--count <number>', 'the same').argParser(parseCount))
  .addOption(
    new Option('--via <way>', 'write through the API or directly into the log').choices(['api', 'log']).default('log'),
  )
  .option('--seed <number>', 'which things: the same seed gives the same ones', parseCount, 1)
  .option('--concurrency <number>', 'writes at a time (default: 64 through the API, 2000 into the log)', parseCount)
  .option('--url <address>', 'the address of the gateway, if muster start does not run here')
  .addHelpText('after', examples('muster seed --entity note --count 1000', 'muster seed --users 100000 --via api'))
  .action((options: WithEntities & Omit<SeedOptions, 'entities' | 'users'> & { users?: number; count?: number }) =>
    withEntities('seed', options, async ({ entities }) => {
      const users = options.count ?? options.users;
      if (users === undefined) return program.error('error: say how many with --count or --users', { exitCode: 2 });
      await onRunning((environment, signal) => seed(environment, { ...options, entities, users }, signal, print));
    }),
  );

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
