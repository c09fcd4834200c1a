import { checkDistinct, type Entity } from '@muster/model';
import { partitionHash } from '@muster/placement';
import { type Environment, openHealthPort, openLogger, openMetrics, refuseSettings, repeat } from '@muster/runtime';
import {
  addSite,
  isFinal,
  isLogWhole,
  type KeptLog,
  listSites,
  logIdOf,
  mendLog,
  openAppendQueue,
  openClock,
  openLog,
  prepareDatabase,
  readCluster,
  type SiteDocument,
} from '@muster/store';
import { noteOnce } from './adopt-events.ts';
import { followSite } from './follow-site.ts';
import { type Follower, openSite, type Site } from './follower.ts';
import { forgetKnown, openKnownStates } from './known-states.ts';
import { openFollowerMetrics, readHealth } from './metrics.ts';
import { openPlaces } from './places.ts';
import { takeBookmark } from './read-feed.ts';
import { parseFollowerSettings } from './settings.ts';

const refreshEveryMs = 1_000;
const deadlineMs = 1_000;
const noteEveryMs = 10_000;
const stopMs = 5_000;
const readsMax = 12;

/**
 * Runs a follower of these entities until the signal aborts: it reads the sites in the collection `Sites`, and those
 * in SITES, and adopts what they have. Calls `onReady` with the health port. Returns the exit code: 2 for invalid
 * settings, otherwise 0. Throws SettingsConflict, and an Error when a port is taken.
 */
export const runFollower = async (
  entities: readonly Entity[],
  environment: Environment,
  signal: AbortSignal,
  onReady: (healthPort: number) => void,
): Promise<number> => {
  const parsed = parseFollowerSettings(environment);
  if (parsed.kind === 'problems') return refuseSettings('the follower', parsed.problems);
  const { settings } = parsed;
  checkDistinct(entities);
  const shared = new Map(entities.filter(({ adopting }) => adopting).map((entity) => [entity.name, entity]));
  if (shared.size === 0) return refuseSettings('the follower', ['no entity has a merge, so nothing is shared']);
  const logger = openLogger('follower', settings.LOG_LEVEL);
  const registry = openMetrics('follower');
  await using log = openLog({ uri: settings.MONGODB_URI, database: settings.DATABASE, appName: 'muster-follower' });
  const follower: Follower = {
    ...{ settings, entities, shared, log, logger, queue: openAppendQueue(), clock: openClock() },
    ...{
      known: openKnownStates(),
      reads: openPlaces(readsMax),
      kept: { keys: undefined, problem: undefined },
      working: new Map(),
    },
    ...{ sites: new Map(), added: new Set(), database: { reachable: false } },
  };
  openFollowerMetrics(registry, follower);
  await using health = await openHealthPort(settings.HOST, settings.HEALTH_PORT, registry, () => readHealth(follower));
  logger.info({ healthPort: health.port, site: settings.SITE }, 'Started, waiting for the database');
  if (!(await prepareDatabase(keptOf(follower), signal))) return 0;
  const running = new Map<string, Promise<void>>();
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  let isReady = false;
  const work = async () => {
    await refresh(follower, running, ending);
    if (!isReady) onReady(health.port);
    isReady = true;
  };
  await repeat(
    work,
    () => refreshEveryMs,
    ending,
    (error) => noteFailure(follower, error, over),
  );
  for (const site of follower.sites.values()) site.over.abort();
  await Promise.race([Promise.all(running.values()), new Promise((resolve) => setTimeout(resolve, stopMs).unref())]);
  if (over.signal.aborted) throw over.signal.reason;
  logger.info('Stopped');
  return 0;
};

const keptOf = ({ entities, log, logger, settings }: Follower): KeptLog => ({
  ...{ entities, log, logger },
  shape: { partitions: settings.PARTITIONS, hash: partitionHash },
});

/** Once a second: measures the database's clock, checks that the log is the same, and takes over the list of sites. */
const refresh = async (follower: Follower, running: Map<string, Promise<void>>, signal: AbortSignal): Promise<void> => {
  const { clock, database, log, logger, settings, sites } = follower;
  const reading = readCluster(log, clock, deadlineMs);
  if (!(await isLogWhole(keptOf(follower), reading)) && (await mendLog(keptOf(follower)))) {
    forgetKnown(follower.known);
    follower.added.clear(); // the list of sites may be gone, too
    endAll(sites);
  }
  for (const url of settings.SITES) await addOnce(follower, url);
  const listed = await listSites(log, deadlineMs);
  if (!database.reachable) logger.info({ sites: listed.map(({ _id: url }) => url) }, 'The database answers');
  database.reachable = true;
  for (const [url, site] of sites) if (!isListed(listed, site)) end(sites, url);
  for (const stored of listed) if (!sites.has(stored._id)) begin(follower, running, stored, signal);
  for (const site of sites.values()) await noteIfIdle(follower, site);
};

// so that the list shows that a site without events is followed, and a restart goes on behind its last bookmark
const noteIfIdle = async (follower: Follower, site: Site): Promise<void> => {
  if (!site.isCurrent || performance.now() - site.notedAt < noteEveryMs) return;
  takeBookmark(site);
  await noteOnce(follower, site, deadlineMs);
};

// each site of SITES is added once: somebody may remove it while this runs
const addOnce = async (follower: Follower, url: string): Promise<void> => {
  if (follower.added.has(url)) return;
  if (await addSite(follower.log, url, new Date(), deadlineMs)) follower.logger.info({ site: url }, 'A site was added');
  follower.added.add(url);
};

// a site that was removed and added again is read from its first event
const isListed = (listed: readonly SiteDocument[], { url, addedAt, rereads }: Site): boolean =>
  listed.some(
    (stored) =>
      stored._id === url && stored.addedAt.getTime() === addedAt.getTime() && (stored.rereads ?? 0) === rereads,
  );

const begin = (
  follower: Follower,
  running: Map<string, Promise<void>>,
  stored: SiteDocument,
  signal: AbortSignal,
): void => {
  const url = stored._id;
  const site = openSite(stored, logIdOf(follower.log), undefined);
  follower.sites.set(url, site);
  follower.logger.info(
    { site: url, from: site.position === undefined ? 'its first event' : 'a position' },
    'Following',
  );
  const former = running.get(url) ?? Promise.resolve(); // it must not note its position any more
  if (signal.aborted) site.over.abort();
  running.set(
    url,
    former.then(() => followSite(follower, site)),
  );
};

const end = (sites: Map<string, Site>, url: string): void => {
  sites.get(url)?.over.abort();
  sites.delete(url);
};

const endAll = (sites: Map<string, Site>): void => {
  for (const url of [...sites.keys()]) end(sites, url);
};

const noteFailure = ({ database, logger }: Follower, error: unknown, over: AbortController): void => {
  if (isFinal(error)) return over.abort(error);
  if (database.reachable) logger.error({ err: error }, 'The database does not answer: nothing is adopted meanwhile');
  database.reachable = false;
};
