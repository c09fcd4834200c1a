import { readFile } from 'node:fs/promises';
import type { Logger } from '@muster/runtime';
import { parseSiteUrl } from './parse-site-url.ts';

/** The keys of sites by their URL, and the one for all others. */
export type SiteKeys = { byUrl: ReadonlyMap<string, string>; other: string | undefined };

/**
 * Parses the setting SITE_KEYS: `KEY` for all sites, or `URL=KEY` for each, with commas or new lines between. Throws an
 * Error that says what is wrong, without the keys.
 */
export const parseSiteKeys = (text: string): SiteKeys => {
  const parts = text
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  const byUrl = new Map<string, string>();
  const others: string[] = [];
  for (const part of parts) {
    const at = part.lastIndexOf('=');
    // the address of a site must not become the key for all of them
    if (/^https?:/i.test(part) && (at === -1 || at === part.length - 1)) throw new Error('it has a URL without a key');
    if (at === -1) others.push(part);
    else byUrl.set(urlOf(part.slice(0, at)), part.slice(at + 1));
  }
  for (const key of [...byUrl.values(), ...others])
    if (!/^[\x21-\x7e]+$/.test(key)) throw new Error('one of its keys has a character that no key has: copy it again');
  if (others.length > 1) throw new Error('it has several keys without a URL: give one for all sites, or URL=KEY');
  return { byUrl, other: others[0] };
};

/** Returns the key for a site. Pure. */
export const keyFor = ({ byUrl, other }: SiteKeys, url: string): string | undefined => byUrl.get(url) ?? other;

/** Where the keys of sites are: in the setting, or in a file, which may change while the follower runs. */
export type KeySource = { SITE_KEYS: SiteKeys; SITE_KEYS_FILE: string };

/** Returns the key for a site as it is now. Throws an Error that names the file if it cannot be read or parsed. */
export const readKeyFor = async (source: KeySource, url: string): Promise<string | undefined> =>
  keyFor(await readKeys(source), url);

/** The keys as they could be read last, and why they cannot be read now. A plain value, changed only in this file. */
export type KeptKeys = { keys: SiteKeys | undefined; problem: string | undefined };

/** What reading the keys again and again needs of a follower. */
export type KeyReader = { settings: KeySource; kept: KeptKeys; logger: Pick<Logger, 'info' | 'warn'> };

/**
 * Returns the key for a site as it is now, or as it could be read last. The log says once why the earlier keys stay in
 * use. Throws as `readKeyFor` if there are no earlier keys.
 */
export const readOrKeepKeyFor = async (reader: KeyReader, url: string): Promise<string | undefined> => {
  const { settings, kept, logger } = reader;
  try {
    const keys = await readKeys(settings);
    // so it is while it is written anew
    if (kept.keys && hasKeys(kept.keys) && !hasKeys(keys))
      throw new Error(`There are no keys in ${settings.SITE_KEYS_FILE} (SITE_KEYS_FILE) any more`);
    kept.keys = keys;
    if (kept.problem !== undefined) logger.info('The keys of sites can be read again');
    kept.problem = undefined;
  } catch (error) {
    if (!kept.keys) throw error;
    const { message: problem } = Object(error);
    if (kept.problem !== problem)
      logger.warn({ problem }, 'The keys of sites cannot be read: the earlier keys stay in use');
    kept.problem = problem;
  }
  return keyFor(kept.keys, url);
};

const hasKeys = ({ byUrl, other }: SiteKeys): boolean => byUrl.size > 0 || other !== undefined;

const readKeys = async ({ SITE_KEYS, SITE_KEYS_FILE: path }: KeySource): Promise<SiteKeys> => {
  if (path === '') return SITE_KEYS;
  try {
    return parseSiteKeys(await readFile(path, 'utf8'));
  } catch (error) {
    const { code, message } = Object(error);
    throw new Error(`Cannot use the keys in ${path} (SITE_KEYS_FILE): ${code ?? message}`);
  }
};

const urlOf = (text: string): string => {
  const parsed = parseSiteUrl(text);
  if (parsed.kind === 'problem')
    throw new Error('one of its URLs is none: give URL=KEY, such as https://oslo.example.com=KEY');
  return parsed.url;
};
