import type { Environment } from '@muster/runtime';
import { runStart } from '@muster/supervisor';
import type { Command } from 'commander';
import { programsFor } from '../programs-for.ts';
import { tryIt } from '../try-it.ts';
import { entitiesOption, examples, parseCount, parsePort, type WithEntities, withEntities } from './parts.ts';

/** Adds the command `muster start` to the program. */
export const addStart = (program: Command): void => {
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
      withEntities('start', options, ({ entities, path }) =>
        runStart({
          words: command.args,
          settings: settingsOf(options),
          programs: programsFor(path),
          tryIt: (url) => (entities[0] ? tryIt(entities[0], url, entities) : []),
        }),
      ),
    );
};

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
