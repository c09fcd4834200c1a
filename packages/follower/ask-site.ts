import { readStart } from '@muster/client/read-start';
import { isSiteName } from '@muster/runtime';
import { fetchFromSite } from './fetch-from-site.ts';

/** What a site says of itself: its name, the entities that it shares, and about how many events it has, if it knows. */
export type SiteAnswer = { site: string; entities: string[]; events: number | null };

const answerMs = 10_000;
const answerBytesMax = 65_536;
const shownMax = 300; // letters of a wrong answer

/** Asks a site for its name. Throws an Error that says what is wrong and what to do. */
export const askSite = async (url: string, key: string | undefined, signal: AbortSignal): Promise<SiteAnswer> => {
  const address = `${url}/api/events/site`;
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (key !== undefined) headers.Authorization = `Bearer ${key}`;
  const within = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
  const response = await fetchFromSite(address, { headers, signal: within });
  const text = await readStart(response, answerBytesMax);
  const answer = response.status === 200 ? parseAnswer(text) : undefined;
  if (!answer) throw new Error(`GET ${address} answered ${response.status}: ${describeText(text)}`);
  if (answer.site === '') throw new Error(`the Muster at ${url} has no name: set SITE of its gateways`);
  return answer;
};

/**
 * Returns what a body says in place of an answer, in one line. The words are the same each time, so that the log has
 * them once: the id of the request is left out. Pure.
 */
export const describeText = (text: string): string => {
  const { type, title, detail } = parseObject(text);
  if (typeof type === 'string' && type.startsWith('/problems/')) return lineOf(`${title}: ${detail}`);
  return `this is no answer of a Muster, so check the URL and any proxy before it: ${lineOf(text)}`;
};

const lineOf = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, shownMax);

const parseObject = (text: string): { [name: string]: unknown } => {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
};

const parseAnswer = (text: string): SiteAnswer | undefined => {
  const { site, entities, events } = parseObject(text);
  const isAnswer = isSiteName(site) && Array.isArray(entities) && (events === null || Number.isSafeInteger(events));
  return isAnswer ? ({ site, entities: entities.map(String), events } as SiteAnswer) : undefined;
};
