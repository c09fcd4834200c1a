import { type SeedOptions, seed } from '@muster/cli';
import { type Command, Option } from 'commander';
import { entitiesOption, examples, onRunning, parseCount, print, type WithEntities, withEntities } from './parts.ts';

type Given = WithEntities &
  Omit<SeedOptions, 'entities' | 'entity' | 'users'> & { entity?: string; users?: number; count?: number };

/** Adds the command `muster seed` to the program. */
export const addSeed = (program: Command): void => {
  program
    .command('seed')
    .description('create plausible things of an entity in the running system')
    .addOption(entitiesOption())
    .option('--entity <name>', 'the entity (default: the only one)')
    .addOption(new Option('--users <number>', 'the number of things').argParser(parseCount))
    .addOption(new Option('--count <number>', 'the same').argParser(parseCount))
    .addOption(
      new Option('--via <way>', 'write through the API or directly into the log')
        .choices(['api', 'log'])
        .default('log'),
    )
    .option('--seed <number>', 'which things: the same seed gives the same ones', parseCount, 1)
    .option('--concurrency <number>', 'writes at a time (default: 64 through the API, 2000 into the log)', parseCount)
    .option('--url <address>', 'the address of the gateway, if muster start does not run here')
    .addHelpText('after', examples('muster seed --entity asset --count 1000', 'muster seed --users 100000 --via api'))
    .action((options: Given) =>
      withEntities('seed', options, async ({ entities }) => {
        const entity = options.entity ?? (entities.length === 1 ? entities[0]?.name : undefined) ?? 'user';
        const users = options.count ?? options.users;
        if (users === undefined) return program.error('error: say how many with --count or --users', { exitCode: 2 });
        await onRunning((environment, signal) =>
          seed(environment, { ...options, entities, entity, users }, signal, print),
        );
      }),
    );
};
