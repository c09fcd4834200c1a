import { call, nextRandom, openSeeded, pickFrom, type Reply, type Seeded } from '@muster/testing';
import type { TestSite } from './site-network.ts';

/** What clients of the sites did. An answer shows that it happened; without one it may have happened. */
export type SiteHistory = {
  created: { id: string; site: string; created: string }[]; // assets, as the answer says
  maybeCreated: Set<string>; // ids of assets whose creation had no answer
  deleted: Set<string>; // assets
  entries: { name: string; author: string; timestamp: number }[]; // of records
  maybeRemoved: Set<string>; // names of records
  acknowledged: number;
  unanswered: number;
};

export const openSiteHistory = (): SiteHistory => ({
  ...{ created: [], maybeCreated: new Set(), deleted: new Set(), entries: [], maybeRemoved: new Set() },
  ...{ acknowledged: 0, unanswered: 0 },
});

const idsMax = 60;
const answerMs = 5_000;
const pauseMs = 10;

/** One client of one site: it writes until the signal aborts. Ids and names are those of all clients of the round. */
export const writeToSite = async (
  site: TestSite,
  round: number,
  client: number,
  history: SiteHistory,
  signal: AbortSignal,
): Promise<void> => {
  const random = openSeeded(round * 1_000 + client);
  for (let count = 0; !signal.aborted; count += 1) {
    await writeOnce(site, `${round}`, random, history, `${client}-${count}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
};

const writeOnce = async (
  site: TestSite,
  round: string,
  random: Seeded,
  history: SiteHistory,
  author: string,
): Promise<void> => {
  const key = `r${round}-${Math.floor(nextRandom(random) * idsMax)}`;
  switch (pickFrom(random, ['create', 'create', 'delete', 'entry', 'entry', 'entry', 'remove'] as const)) {
    case 'create': {
      const document = { data: { type: 'assets', id: key, attributes: { name: author } } };
      const reply = await ask(site, history, 'POST', '/api/v1/assets', document);
      if (reply === undefined || reply.status >= 500) history.maybeCreated.add(key);
      if (reply?.status === 201) history.created.push({ id: key, ...createdOf(reply) });
      return;
    }
    case 'delete': {
      const reply = await ask(site, history, 'DELETE', `/api/v1/assets/${key}`);
      if (reply?.status === 204) history.deleted.add(key);
      return;
    }
    case 'entry': {
      const timestamp = Math.floor(nextRandom(random) * 1_000_000);
      const reply = await ask(site, history, 'POST', '/update', { name: key, author, timestamp });
      if (reply?.status === 200) history.entries.push({ name: key, author, timestamp });
      return;
    }
    case 'remove':
      history.maybeRemoved.add(key);
      await ask(site, history, 'DELETE', `/api/record/${key}`);
  }
};

const createdOf = ({ body }: Reply): { site: string; created: string } => {
  const { site, created } = body.data.attributes;
  return { site, created };
};

const ask = async (
  { test }: TestSite,
  history: SiteHistory,
  method: string,
  path: string,
  body?: unknown,
): Promise<Reply | undefined> => {
  const isAsset = path.startsWith('/api/v1/');
  const headers = isAsset && body !== undefined ? { 'content-type': 'application/vnd.api+json' } : undefined;
  const signal = AbortSignal.timeout(answerMs);
  try {
    const reply = await call(test?.url ?? '', method, path, { body, signal, ...(headers ? { headers } : {}) });
    if (reply.status < 500) history.acknowledged += 1;
    else history.unanswered += 1;
    return reply;
  } catch {
    history.unanswered += 1; // its gateway was killed, or took too long
    return undefined;
  }
};
