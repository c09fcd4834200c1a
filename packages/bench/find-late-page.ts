import type { Stage } from './stage.ts';

/**
 * Walks through a list by its links, and returns the query of the page of 100 that lies behind this share of all
 * things. Throws an Error when the service does not answer with pages.
 */
export const findLatePage = async ({ system, path }: Stage, query: string, share: number): Promise<string> => {
  const { total } = await readPage(`${system.url}${path}?${query}&page[size]=1&total=true`);
  const size = Math.max(1, Math.min(1_000, Math.floor(total / 20)));
  let address = `${path}?${query}&page[size]=${size}`;
  for (let seen = 0; seen < share * total; ) {
    const page = await readPage(system.url + address);
    seen += page.things;
    address = page.next;
  }
  return address.replace(`${path}?`, '').replace(/page(\[|%5B)size(\]|%5D)=\d+/, 'page[size]=100');
};

/**
 * Asks for a page until memory answers, some times in a row: each aggregator puts the things in order when it is asked
 * first, and the gateway asks them by turns.
 */
export const untilInMemory = async ({ system, path }: Stage, query: string): Promise<void> => {
  let inRow = 0;
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const answer = await fetch(`${system.url}${path}?${query}`, { signal: AbortSignal.timeout(answeredWithinMs) });
    await answer.arrayBuffer();
    inRow = answer.status === 200 && !answer.headers.has('Muster-As-Of') ? inRow + 1 : 0;
    if (inRow === inRowMin) return;
  }
  throw new Error(`Cannot measure pages of ${query}: memory did not answer in ${triesMax} tries`);
};

const triesMax = 30;
const inRowMin = 8;

const readPage = async (url: string): Promise<{ total: number; things: number; next: string }> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(answeredWithinMs) });
  const next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1];
  if (answer.status !== 200 || next === undefined)
    throw new Error(`Cannot find a late page: ${url} was answered with ${answer.status} and no next page`);
  const things = (await answer.json()) as unknown[];
  return { total: Number(answer.headers.get('Muster-Total')), things: things.length, next };
};

const answeredWithinMs = 30_000;
