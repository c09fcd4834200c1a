/** What a site says of itself: its name, the entities that it shares, and about how many events it has. */
export type SiteAnswer = { site: string; entities: string[]; events: number };

const answerMs = 10_000;
const textMax = 300;

/** Asks a site for its name. Throws an Error that says what is wrong and what to do. */
export const askSite = async (url: string, key: string | undefined, signal: AbortSignal): Promise<SiteAnswer> => {
  const address = `${url}/api/events/site`;
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (key !== undefined) headers.Authorization = `Bearer ${key}`;
  const response = await fetch(address, { headers, signal: AbortSignal.any([signal, AbortSignal.timeout(answerMs)]) });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`GET ${address} answered ${response.status}: ${text.slice(0, textMax)}`);
  const answer = parseAnswer(text);
  if (!answer) throw new Error(`GET ${address} is no answer of a Muster: ${text.slice(0, textMax)}`);
  if (answer.site === '') throw new Error(`the Muster at ${url} has no name: set SITE of its gateways`);
  return answer;
};

const parseAnswer = (text: string): SiteAnswer | undefined => {
  try {
    const { site, entities, events } = Object(JSON.parse(text));
    const isAnswer = typeof site === 'string' && Array.isArray(entities) && typeof events === 'number';
    return isAnswer ? { site, entities: entities.map(String), events } : undefined;
  } catch {
    return undefined;
  }
};
