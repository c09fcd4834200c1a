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
  if (response.status !== 200)
    throw new Error(`GET ${address} answered ${response.status}: ${text.slice(0, shownMax)}`);
  const answer = parseAnswer(text);
  if (!answer) throw new Error(`GET ${address} is no answer of a Muster: ${text.slice(0, shownMax)}`);
  if (answer.site === '') throw new Error(`the Muster at ${url} has no name: set SITE of its gateways`);
  return answer;
};

const parseAnswer = (text: string): SiteAnswer | undefined => {
  try {
    const { site, entities, events } = Object(JSON.parse(text));
    const isAnswer = isSiteName(site) && Array.isArray(entities) && (events === null || Number.isSafeInteger(events));
    return isAnswer ? { site, entities: entities.map(String), events } : undefined;
  } catch {
    return undefined;
  }
};
