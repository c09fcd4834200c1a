import { compareSites, verify } from '@muster/cli';
import { type Command, InvalidArgumentError } from 'commander';
import { entitiesOption, examples, onRunning, print, type WithEntities, withEntities } from './parts.ts';

/** Adds the command `muster verify` to the program. */
export const addVerify = (program: Command): void => {
  program
    .command('verify')
    .description(
      'compare memory and snapshot of the running system with the fold of its log; ' +
        'exit code 1 on a difference, 2 when it cannot look',
    )
    .addOption(entitiesOption())
    .option('--without-memory', 'do not ask the aggregators')
    .option('--sites <urls>', 'compare these sites with each other instead, URLs with commas between')
    .option('--wait <seconds>', 'with --sites: how long they may become equal (10)', parseSeconds)
    .addHelpText(
      'after',
      examples(
        'muster verify',
        "MONGODB_URI='mongodb://…' muster verify --without-memory",
        'muster verify --sites https://oslo.example.com,https://lima.example.com',
      ),
    )
    .action((options: WithEntities & VerifyOptions) =>
      options.sites !== undefined
        ? compare(options.sites, options.wait)
        : withEntities('verify', options, ({ entities }) =>
            onRunning((environment) => verify(environment, { memory: !options.withoutMemory, entities }, print)),
          ),
    );
};

type VerifyOptions = { withoutMemory?: true; sites?: string; wait?: number };

const compare = (sites: string, waitSeconds = 10): Promise<void> =>
  onRunning((environment, signal) => compareSites(environment, { urls: sites.split(','), waitSeconds }, print, signal));

const parseSeconds = (text: string): number => {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a whole number of seconds');
};
