import { createKey, listKeys, revokeKey } from '@muster/cli';
import { type Command, Option } from 'commander';
import { examples, onRunning, print } from './parts.ts';

type Options = { name: string; scope: 'read' | 'write' | 'site' | 'admin'; expires?: string };

/** Adds the command `muster keys` to the program. */
export const addKeys = (program: Command): void => {
  const keys = program
    .command('keys')
    .description('make, list and revoke the API keys of a running Muster')
    .addHelpText(
      'after',
      examples(
        'muster keys create --name billing --scope write --expires 90d',
        'muster keys list',
        'muster keys revoke billing',
      ),
    );
  keys
    .command('create')
    .description('make a key and print it, once')
    .requiredOption('--name <name>', 'the name; events that are written with the key have it as their actor')
    .addOption(
      new Option('--scope <scope>', 'what the key allows')
        .choices(['read', 'write', 'site', 'admin'])
        .makeOptionMandatory(),
    )
    .option('--expires <duration>', 'when it ends, from now: 12h, 90d, 2y')
    .action((options: Options) => onRunning((environment) => createKey(environment, options, print)));
  keys
    .command('list')
    .description('print all keys, without the keys themselves')
    .action(() => onRunning((environment) => listKeys(environment, print)));
  keys
    .command('revoke <id-or-name>')
    .description('end a key at once')
    .action((idOrName: string) => onRunning((environment) => revokeKey(environment, idOrName, print)));
};
