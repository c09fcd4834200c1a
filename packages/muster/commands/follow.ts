import { findEnvironment } from '@muster/cli';
import { followerProgram } from '@muster/follower';
import type { Command } from 'commander';
import { entitiesOption, examples, type WithEntities, withEntities } from './parts.ts';

/** Adds the command `muster follow` to the program. */
export const addFollow = (program: Command): void => {
  program
    .command('follow [urls...]')
    .description(
      'read other sites and adopt what they have, until Ctrl-C; its settings come from the environment, and the ' +
        'database from MONGODB_URI or the running muster start',
    )
    .addOption(entitiesOption())
    .addHelpText(
      'after',
      examples(
        'SITE=oslo muster follow https://lima.example.com https://kyiv.example.com',
        'SITE=oslo SITES=https://lima.example.com SITE_KEYS=muster_… muster follow',
      ),
    )
    .action((urls: string[], options: WithEntities) =>
      withEntities('follow', options, ({ entities }) =>
        followerProgram(entities, async (given) => {
          const sites = [given.SITES ?? '', ...urls].filter((text) => text !== '').join(',');
          return findEnvironment({ ...given, SITES: sites });
        }),
      ),
    );
};
