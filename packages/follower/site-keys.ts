import { readFile } from 'node:fs/promises';
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
  if (others.length > 1) throw new Error('it has several keys without a URL: give one for all sites, or URL=KEY');
  return { byUrl, other: others[0] };
};

/** Returns the key for a site. Pure. */
export const keyFor = ({ byUrl, other }: SiteKeys, url: string): string | undefined => byUrl.get(url) ?? other;

/** Where the keys of sites are: in the setting, or in a file, which may change while the follower runs. */
export type KeySource = { SITE_KEYS: SiteKeys; SITE_KEYS_FILE: string };

/** Returns the key for a site as it is now. Throws an Error that names the file if it cannot be read or parsed. */
export const readKeyFor = async (
  { SITE_KEYS, SITE_KEYS_FILE: path }: KeySource,
  url: string,
): Promise<string | undefined> => {
  if (path === '') return keyFor(SITE_KEYS, url);
  try {
    return keyFor(parseSiteKeys(await readFile(path, 'utf8')), url);
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
