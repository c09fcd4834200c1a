import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FeedEvent, subscribe } from '@muster/client';
import { askSite, parseSiteKeys, parseSiteUrl, readKeyFor, type SiteAnswer } from '@muster/follower';
import { describeCause } from '@muster/runtime';

/** The sites to compare: their URLs, and for how many seconds they may become equal. */
export type CompareOptions = { urls: readonly string[]; waitSeconds: number };

type Print = (text: string) => void;
type Compared = { url: string; name: string; entities: readonly string[]; states: Map<string, Known> };
type Asked = SiteAnswer & { url: string; key: string | undefined };
type Limits = { signal: AbortSignal; askMs: number; silentMs: number };
type Known = { version: number; hash: string };

const againMs = 1_000;
const namedMax = 20;

/**
 * Compares all things that these sites share, by their full states, and prints what differs. Sites that are still
 * sending each other events may become equal meanwhile. Returns the exit code: 0 when all are equal, 1 on a difference,
 * 2 when it could not look.
 */
export const compareSites = async (
  environment: NodeJS.ProcessEnv,
  { urls: texts, waitSeconds }: CompareOptions,
  print: Print,
  signal: AbortSignal,
): Promise<number> => {
  const over = new AbortController(); // a site that fails ends the reading of the others
  const limits: Limits = { signal: AbortSignal.any([signal, over.signal]), ...limitsOf(waitSeconds) };
  try {
    const urls = texts.map(urlOf);
    if (urls.length < 2) throw new Error('give at least two URLs of sites, with commas between');
    const twice = urls.find((url, index) => urls.indexOf(url) !== index);
    if (twice !== undefined) throw new Error(`${twice} is given twice: ${once}`);
    const { SITE_KEYS = '', SITE_KEYS_FILE = '' } = environment;
    const keys = { SITE_KEYS: parseSiteKeys(SITE_KEYS), SITE_KEYS_FILE };
    for (const untilMs = performance.now() + waitSeconds * 1_000; ; ) {
      const asked = await Promise.all(urls.map(async (url) => ask(url, await readKeyFor(keys, url), limits)));
      checkNames(asked);
      const sites = await Promise.all(asked.map((site) => readSite(site, limits)));
      const differences = findDifferences(sites);
      if (differences.length > 0 && performance.now() < untilMs) {
        await sleep(againMs, undefined, { signal });
        continue;
      }
      for (const line of describeDifferences(sites, differences)) print(line);
      return differences.length > 0 ? 1 : 0;
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    print(`Cannot compare the sites: ${signal.aborted ? 'interrupted' : why}`);
    return 2;
  } finally {
    over.abort();
  }
};

const once = 'give each site once';

// a site must answer within the wait. Without a wait there is one look, which may take a while
const limitsOf = (waitSeconds: number): Omit<Limits, 'signal'> => {
  const waitMs = waitSeconds === 0 ? askMsMax : waitSeconds * 1_000;
  return { askMs: Math.min(waitMs, askMsMax), silentMs: Math.min(waitMs, silentMsMax) };
};

const [askMsMax, silentMsMax] = [10_000, 40_000];

const urlOf = (text: string): string => {
  const parsed = parseSiteUrl(text.trim());
  if (parsed.kind === 'problem') throw new Error(parsed.problem);
  return parsed.url;
};

const ask = (url: string, key: string | undefined, limits: Limits): Promise<Asked> =>
  naming(url, limits, async () => {
    const signal = AbortSignal.any([limits.signal, AbortSignal.timeout(limits.askMs)]);
    return { ...(await askSite(url, key, signal)), url, key };
  });

const checkNames = (asked: readonly Asked[]): void => {
  for (const [index, { site, url }] of asked.entries()) {
    const same = asked.slice(0, index).find((other) => other.site === site);
    if (same) throw new Error(`${same.url} and ${url} are the same site, ${site}: ${once}`);
  }
};

const readSite = ({ url, key, site: name, entities }: Asked, limits: Limits): Promise<Compared> =>
  naming(url, limits, async () => {
    const { signal, silentMs } = limits;
    const states = new Map<string, Known>();
    let problem: string | undefined;
    const subscription = subscribe(`${url}/api/events?state=full&until=now`, {
      ...{ from: 'start', key, signal, staleAfterMs: silentMs },
      onEvent: (event) => noteState(states, event),
      onStatus: (status) => {
        if (status.kind !== 'stale') return;
        problem = status.reason;
        subscription.close();
      },
    });
    await subscription.done;
    signal.throwIfAborted();
    if (problem !== undefined) throw new Error(`the feed of ${url} broke: ${problem}`);
    return { url, name, entities, states };
  });

/** Runs this work on a site, and throws an Error that names the site if the work throws one. */
const naming = async <Result>(url: string, { askMs }: Limits, work: () => Promise<Result>): Promise<Result> => {
  try {
    return await work();
  } catch (error) {
    const { name, message } = Object(error);
    if (String(message).includes(new URL(url).origin)) throw error;
    if (name !== 'TimeoutError') throw new Error(`${url} does not answer: ${describeCause(error)}`, { cause: error });
    throw new Error(`${url} does not answer within ${askMs / 1_000} s`, { cause: error });
  }
};

const noteState = (states: Map<string, Known>, { entity, subject, version, fields }: FeedEvent): void => {
  const key = `${entity} "${subject}"`;
  if ((states.get(key)?.version ?? 0) > version) return;
  states.set(key, { version, hash: hashOf(fields ?? null) });
};

const hashOf = (value: unknown): string => createHash('sha256').update(inOrder(value)).digest('base64');

/** Writes a value of JSON with the keys of objects in order. */
const inOrder = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(inOrder).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${inOrder(member)}`).join(',')}}`;
};

/** Returns the things that are not equal at all sites which share their entity. */
const findDifferences = (sites: readonly Compared[]): string[] => {
  const keys = new Set(sites.flatMap(({ states }) => [...states.keys()]));
  return [...keys].filter((key) => {
    const hashes = sharing(sites, key).map(({ states }) => states.get(key)?.hash);
    return new Set(hashes).size > 1;
  });
};

const sharing = (sites: readonly Compared[], key: string): Compared[] =>
  sites.filter(({ entities }) => entities.includes(key.slice(0, key.indexOf(' '))));

const describeDifferences = (sites: readonly Compared[], differences: readonly string[]): string[] => {
  const names = sites.map(({ name, states }) => `${name} (${states.size} things)`).join(', ');
  if (differences.length === 0) return [`All sites are equal: ${names}`];
  const left = differences.length - namedMax;
  return [
    `${differences.length} things differ between ${names}:`,
    ...differences.slice(0, namedMax).map((key) => `  ${key}: ${describeOne(sharing(sites, key), key)}`),
    ...(left > 0 ? [`  and ${left} more`] : []),
    'Does a follower run at each site, and follow all others? muster sites list says so',
  ];
};

const describeOne = (sites: readonly Compared[], key: string): string =>
  sites
    .map(({ name, states }) => {
      const known = states.get(key);
      return known ? `${name} has ${known.hash.slice(0, 8)} at version ${known.version}` : `${name} lacks it`;
    })
    .join(', ');
