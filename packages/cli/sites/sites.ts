import { parseSiteUrl } from '@muster/follower';
import { addSite, listSites as readSites, removeSite as removeFrom, rereadSite as rereadFrom } from '@muster/store';
import { onDatabase } from '../on-database.ts';
import { describeSites } from './describe-sites.ts';

type Print = (text: string) => void;

const deadlineMs = 5_000;

/** Adds a site to those that the follower reads. Returns the exit code: 0, or 2 when it could not. */
export const addSites = (environment: NodeJS.ProcessEnv, urls: readonly string[], print: Print): Promise<number> =>
  onDatabase(environment, 'add the sites', print, async (log) => {
    const parsed = urls.map(parseSiteUrl);
    const wrong = parsed.flatMap((one) => (one.kind === 'problem' ? one.problem : []));
    if (wrong.length > 0) return wrong.join('; ');
    for (const one of parsed) {
      if (one.kind !== 'url') continue;
      const isNew = await addSite(log, one.url, new Date(), deadlineMs);
      print(isNew ? `Added ${one.url}` : `${one.url} is in the list already`);
    }
    print(
      'A follower begins with them within 2 seconds. muster sites list shows how far it is; muster follow starts one',
    );
    return undefined;
  });

/**
 * Removes a site. What was adopted from it stays. Returns the exit code: 0, or 2 when it was not there or it could not.
 */
export const removeSite = (environment: NodeJS.ProcessEnv, url: string, print: Print): Promise<number> =>
  onSite(environment, 'remove the site', url, print, async (log, known) => {
    if (!(await removeFrom(log, known, deadlineMs))) return notThere(known);
    print(`Removed ${known}. What was adopted from it stays. SITES of a follower adds it again at its next start`);
    return undefined;
  });

/**
 * Lets a site be read from its first event again. Returns the exit code: 0, or 2 when it was not there or it could not.
 */
export const rereadSite = (environment: NodeJS.ProcessEnv, url: string, print: Print): Promise<number> =>
  onSite(environment, 'read the site again', url, print, async (log, known) => {
    if (!(await rereadFrom(log, known, deadlineMs))) return notThere(known);
    print(`The follower reads ${known} from its first event. What is known already changes nothing`);
    return undefined;
  });

/** Prints the sites that are followed, and how far. Returns the exit code: 0, or 2 when it could not. */
export const listSites = (environment: NodeJS.ProcessEnv, print: Print): Promise<number> =>
  onDatabase(environment, 'list the sites', print, async (log) => {
    print(describeSites(await readSites(log, deadlineMs), new Date()));
    return undefined;
  });

const notThere = (url: string): string => `${url} is not in the list; muster sites list shows those that are`;

const onSite = (
  environment: NodeJS.ProcessEnv,
  what: string,
  text: string,
  print: Print,
  work: (log: Parameters<typeof addSite>[0], url: string) => Promise<string | undefined>,
): Promise<number> =>
  onDatabase(environment, what, print, async (log) => {
    const parsed = parseSiteUrl(text);
    return parsed.kind === 'url' ? work(log, parsed.url) : parsed.problem;
  });
