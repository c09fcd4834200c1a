import type { Stage } from './stage.ts';

/**
 * Walks through a list by its links, and returns the query of the page of 100 that lies behind this share of all
 * things. Throws an Error when the service does not answer with pages.
 */
export const findLatePage = async ({ system, path }: Stage, query: string, share: number): Promise<string> => {
  let address = `${path}?${query}&page[size]=1000&total=true`;
  let next = '';
  for (let [seen, wanted] = [0, 1]; seen < wanted; address = next) {
    const answer = await fetch(system.url + address, { signal: AbortSignal.timeout(answeredWithinMs) });
    const link = /<([^>]+)>; rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1];
    const things = (await answer.json()) as unknown[];
    if (answer.status !== 200 || link === undefined)
      throw new Error(`Cannot find a late page: ${address} was answered with ${answer.status} and no next page`);
    if (seen === 0) wanted = share * Number(answer.headers.get('Muster-Total'));
    seen += things.length;
    next = link.replace('&total=true', '');
  }
  return next.replace(`${path}?`, '').replace(/page(\[|%5B)size(\]|%5D)=1000/, 'page[size]=100');
};

const answeredWithinMs = 30_000;
