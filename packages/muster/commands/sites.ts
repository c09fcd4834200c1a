import { addSites, listSites, removeSite, rereadSite } from '@muster/cli';
import type { Command } from 'commander';
import { examples, onRunning, print } from './parts.ts';

/** Adds the command `muster sites` to the program. */
export const addSitesCommand = (program: Command): void => {
  const sites = program
    .command('sites')
    .description('add, remove and list the sites that the follower of a running Muster reads')
    .addHelpText(
      'after',
      examples(
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
};
