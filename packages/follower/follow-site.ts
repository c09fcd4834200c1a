import { backOffMs, causeOf, pause } from '@muster/runtime';
import { noteProgress } from './adopt-events.ts';
import { askSite } from './ask-site.ts';
import { checkSiteName, leaveLaterNamesakes } from './check-site-name.ts';
import type { Follower, Site } from './follower.ts';
import { noteBehind, noteCurrent, readFeed } from './read-feed.ts';
import { readOrKeepKeyFor } from './site-keys.ts';

const failurePauseMs = { first: 500, most: 30_000 };
const silencesMax = 2;
const pollForMs = 600_000;

/**
 * Follows a site until its signal aborts: reads what it has, then holds its feed open, or asks again after a while
 * where that is not possible. After a failure it waits, up to half a minute, and begins again at the last position.
 * Never throws.
 */
export const followSite = async (follower: Follower, site: Site): Promise<void> => {
  const { signal } = site.over;
  for (let failures = 0; !signal.aborted; ) {
    const startedAt = performance.now();
    try {
      await followOnce(follower, site);
      failures = 0;
    } catch (error) {
      if (signal.aborted) return;
      failures = hasLasted(site, startedAt, failures) ? 1 : failures + 1;
      await noteFailure(follower, site, messageOf(error), failures);
      await pause(backOffMs(failures, failurePauseMs.first, failurePauseMs.most), signal);
    }
  }
};

/** Only a connection that lasted longer than the pause that would follow it ends the doubling. */
const hasLasted = ({ currentAt }: Site, startedAt: number, failures: number): boolean =>
  currentAt > startedAt &&
  performance.now() - startedAt >= Math.min(failurePauseMs.most, failurePauseMs.first * 2 ** (failures + 1));

/** Reads all that a site has, and then what comes as long as the connection holds. Throws an Error when it breaks. */
const followOnce = async (follower: Follower, site: Site): Promise<void> => {
  const { settings } = follower;
  site.phase = 'asking';
  await identify(follower, site);
  site.phase = 'reading';
  const read = await readFeed(follower, site, 'now');
  if (read.kind === 'broken') throw new Error(read.reason);
  if (read.kind === 'lost') return await readAgain(follower, site);
  if (site.over.signal.aborted) return;
  checkSiteName(follower, site); // an earlier site may have told its name meanwhile
  noteCurrent(site);
  await noteAgain(follower, site);
  if (mayHold(follower, site)) return holdOpen(follower, site);
  site.phase = 'pausing';
  await pause(settings.FOLLOW_POLL_MS, site.over.signal);
};

/** Begins again with the first event, and notes that before: after a restart, the lost position would count again. */
const readAgain = async (follower: Follower, site: Site): Promise<void> => {
  await noteProgress(follower, site);
  await pause(lostPauseMs, site.over.signal);
};

const lostPauseMs = 1_000;

const identify = async (follower: Follower, site: Site): Promise<void> => {
  const { shared } = follower;
  site.key = await readOrKeepKeyFor(follower, site.url);
  const { site: name, entities, events } = await askSite(site.url, site.key, site.over.signal);
  site.name = name;
  leaveLaterNamesakes(follower, site);
  checkSiteName(follower, site);
  if (!entities.some((entity) => shared.has(entity)))
    throw new Error(`the Muster at ${site.url} shares ${list(entities)}, and this one ${list([...shared.keys()])}`);
  site.there = entities.every((entity) => shared.has(entity)) ? (events ?? undefined) : undefined;
};

const list = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '));

/** Notes that a site is followed without a problem. */
const noteAgain = async (follower: Follower, site: Site): Promise<void> => {
  if (site.problem !== undefined) follower.logger.info({ site: site.url, name: site.name }, 'A site is followed again');
  site.problem = undefined;
  await noteProgress(follower, site);
};

const noteFailure = async (follower: Follower, site: Site, problem: string, failures: number): Promise<void> => {
  site.phase = 'failing';
  noteBehind(site);
  if (site.problem !== problem || failures % 10 === 0)
    follower.logger.warn({ site: site.url, problem, failures }, 'A site cannot be followed now, trying again');
  site.problem = problem;
  await noteProgress(follower, site);
};

const mayHold = ({ settings: { FOLLOW } }: Follower, { pollUntil }: Site): boolean =>
  FOLLOW === 'hold' || (FOLLOW === 'auto' && performance.now() >= pollUntil);

/** Holds the feed open. Where nothing comes through, as behind some proxies, it is asked for a while instead. */
const holdOpen = async (follower: Follower, site: Site): Promise<void> => {
  site.phase = 'holding';
  const held = await readFeed(follower, site, 'end');
  if (held.kind === 'reached') return;
  if (held.kind === 'lost') return await readAgain(follower, site);
  if (!held.wasSilent) {
    site.silences = 0;
    throw new Error(held.reason);
  }
  site.silences += 1;
  if (site.silences < silencesMax || follower.settings.FOLLOW === 'hold') return;
  site.silences = 0;
  site.pollUntil = performance.now() + pollForMs;
  const everyMs = follower.settings.FOLLOW_POLL_MS;
  follower.logger.warn({ site: site.url, everyMs }, 'The feed of a site cannot be held open: asking for it instead');
};

const messageOf = (error: unknown): string => {
  const { message } = Object(error);
  const cause = causeOf(error)?.message ?? '';
  return cause === '' ? String(message ?? error) : `${message}: ${cause}`;
};
