import { addSites, listSites, removeSite, rereadSite } from '@muster/cli';
import { runSites } from '@muster/supervisor';
import type { Command } from 'commander';
import { describeRunningSites } from '../describe-running-sites.ts';
import { commandPath } from '../programs-for.ts';
import { examples, type Loaded, onRunning, print, withEntities } from './parts.ts';

/** Adds the command `muster sites` to the program. */
export const addSitesCommand = (program: Command): void => {
  const sites = program
    .command('sites')
    .description('add, remove and list the sites that the follower of a running Muster reads, or start three to try')
    .addHelpText(
      'after',
      examples(
        'muster sites start',
        'muster sites add https://lima.example.com',
        'muster sites list',
        'muster sites reread https://lima.example.com',
        'muster sites remove https://lima.example.com',
      ),
    );
  sites
    .command('add <urls...>')
    .description('follow further sites, from their first event on')
    .action((urls: string[]) => onRunning((environment) => addSites(environment, urls, print)));
  sites
    .command('list')
    .description('print the sites, and how far each was read')
    .action(() => onRunning((environment) => listSites(environment, print)));
  sites
    .command('reread <url>')
    .description('read a site from its first event again; what is known changes nothing')
    .action((url: string) => onRunning((environment) => rereadSite(environment, url, print)));
  sites
    .command('remove <url>')
    .description('no longer follow a site; what was adopted from it stays')
    .action((url: string) => onRunning((environment) => removeSite(environment, url, print)));
  sites
    .command('start')
    .description(
      'run three sites on this machine that follow each other; PORT is the first of their ports (3000), DATA their ' +
        'folder (./data/sites), ENTITIES what they run (assets,records); Ctrl-C stops all',
    )
    .action(() => withEntities('start the sites', { entities: process.env.ENTITIES || 'assets,records' }, startSites));
};

const startSites = ({ entities, path }: Loaded): Promise<void> => {
  const words = (name: string) => [commandPath(), name, '--entities', path];
  const shared = entities.filter(({ adopting }) => adopting);
  const shown = shared.find(({ name }) => name === 'record') ?? shared[0];
  if (shown)
    return runSites({
      ...{ start: words('start'), follow: words('follow') },
      describe: (sites, followers) => describeRunningSites(sites, followers, shown, entities),
    });
  console.error('Cannot start the sites: none of the entities has a merge, so sites would have nothing to share');
  process.exitCode = 2;
  return Promise.resolve();
};
