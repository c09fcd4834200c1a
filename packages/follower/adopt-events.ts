import { backOffMs, pause } from '@muster/runtime';
import { logIdOf, noteSite } from '@muster/store';
import { type Adopted, adopt, type Remote } from './adopt.ts';
import type { Follower, Site } from './follower.ts';
import type { Received } from './parse-received.ts';

const atOnce = 256; // things
const noteDeadlineMs = 5_000;

/**
 * Adopts what these events of a site did, and then notes the position behind them. Only the newest event of each thing
 * counts, as it comes with the whole state. What the database cannot take yet is tried again until the site is no
 * longer followed. Then nothing is noted.
 */
export const adoptEvents = async (follower: Follower, site: Site, received: readonly Received[]): Promise<void> => {
  const remotes = newestOf(follower, site, received);
  for (let from = 0; from < remotes.length; from += atOnce) {
    const some = remotes.slice(from, from + atOnce);
    await Promise.all(some.map((remote) => adoptUntilDone(follower, site, remote)));
  }
  if (site.over.signal.aborted) return;
  site.events += received.length;
  site.position = received.at(-1)?.position ?? site.position;
  await noteProgress(follower, site);
};

/** Notes how far a site was read. The next follower goes on there. Tries until the site is no longer followed. */
export const noteProgress = async (follower: Follower, site: Site): Promise<void> => {
  for (let failures = 0; !site.over.signal.aborted; failures += 1) {
    try {
      return await noteOnce(follower, site, noteDeadlineMs);
    } catch {
      await pause(backOffMs(failures), site.over.signal);
    }
  }
};

/** The same with one try. Throws the error of the database, and DeadlineError after `deadlineMs` milliseconds. */
export const noteOnce = async ({ log }: Follower, site: Site, deadlineMs: number): Promise<void> => {
  const { name, position, events, adopted, refused } = site;
  const known = { name, events, adopted, refused, problem: site.problem ?? null };
  const read = site.phase === 'failing' ? {} : { readAt: new Date() }; // else the list shows a dead site as just read
  await noteSite(log, site, { ...known, ...read, log: logIdOf(log), position }, deadlineMs);
  site.notedAt = performance.now();
};

const newestOf = ({ shared }: Follower, site: Site, received: readonly Received[]): Remote[] => {
  const newest = new Map<string, Remote>();
  for (const { event } of received) {
    const { entity: name, subject, id, version, fields } = event;
    const entity = shared.get(name);
    if (!entity) continue; // this site does not have the entity, or does not share it
    const key = `${name}:${subject}`;
    const known = newest.get(key);
    if (known && known.origin.version > version) continue;
    if (known && !fields) {
      site.refused += 1; // its stream is parked there: what was known before counts
      continue;
    }
    newest.set(key, { entity, id: subject, fields, origin: { site: site.name, id, version } });
  }
  return [...newest.values()];
};

const adoptUntilDone = async (follower: Follower, site: Site, remote: Remote): Promise<void> => {
  for (let failures = 0; !site.over.signal.aborted; failures += 1) {
    const adopted = await adopt(follower, remote);
    if (adopted.kind !== 'unavailable') return countAdopted(follower, site, remote, adopted);
    warnUnavailable(follower, site, adopted.why);
    await pause(backOffMs(failures), site.over.signal);
  }
};

// once for all things that wait
const warnUnavailable = ({ logger }: Follower, site: Site, why: string): void => {
  if (performance.now() - site.warnedAt < warnEveryMs) return;
  site.warnedAt = performance.now();
  logger.warn({ site: site.url, why }, 'Cannot adopt an event yet, trying again');
};

const warnEveryMs = 10_000;

const countAdopted = (
  { logger }: Follower,
  site: Site,
  { entity, id, origin }: Remote,
  adopted: Exclude<Adopted, { kind: 'unavailable' }>,
): void => {
  if (adopted.kind === 'adopted') site.adopted += 1;
  if (adopted.kind !== 'refused') return;
  site.refused += 1;
  const thing = { entity: entity.name, id, version: origin.version };
  logger.warn({ site: site.url, ...thing, problem: adopted.problem }, 'A thing of another site cannot be adopted');
};
