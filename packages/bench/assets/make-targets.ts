import { openDraws } from '@muster/cli';

/** One request of the mix: what it does, and with which asset. */
export type Target = { method: 'POST' | 'GET' | 'DELETE'; id: string };

const createShare = 0.6;
const readShare = 0.3; // the rest deletes
const requestsPerAsset = 15;
const path = '/api/v1/assets';
const mediaType = 'application/vnd.api+json';

/**
 * Makes the requests of one round: creates, reads and deletes of a few new assets in random order, always the same for
 * the same seed and round. Most of them find an asset that exists or was deleted. Pure.
 */
export const makeTargets = (seed: number, round: number, count: number): Target[] => {
  const draw = openDraws(seed, round);
  const assets = Math.max(1, Math.round(count / requestsPerAsset));
  return Array.from({ length: count }, () => {
    const method = methodAt(draw());
    return { method, id: `bench-${seed}-${round}-${Math.floor(draw() * assets)}` };
  });
};

const methodAt = (part: number): Target['method'] => {
  if (part < createShare) return 'POST';
  return part < createShare + readShare ? 'GET' : 'DELETE';
};

/** Returns how often each status is the right answer if the requests come one after another. Pure. */
export const expectStatuses = (targets: readonly Target[]): Record<string, number> => {
  const assets = new Map<string, 'active' | 'deleted'>();
  const counts: Record<string, number> = {};
  for (const target of targets) {
    const status = rightStatus(target.method, assets.get(target.id));
    if (status === 201) assets.set(target.id, 'active');
    if (status === 204) assets.set(target.id, 'deleted');
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
};

const rightStatus = (method: Target['method'], asset: 'active' | 'deleted' | undefined): number => {
  if (asset === 'deleted') return 410;
  if (asset === undefined) return method === 'POST' ? 201 : 404;
  return { POST: 409, GET: 200, DELETE: 204 }[method];
};

/** Writes requests to a server as vegeta reads them: a line of JSON each, with the body in base64. Pure. */
export const describeTargets = (targets: readonly Target[], url: string): string =>
  targets.map((target) => `${JSON.stringify(lineOf(target, url))}\n`).join('');

const lineOf = ({ method, id }: Target, url: string): object => {
  const header = { Accept: [mediaType] };
  if (method !== 'POST') return { method, url: `${url}${path}/${id}`, header };
  const body = JSON.stringify({ data: { type: 'assets', id, attributes: { name: `Asset ${id}` } } });
  return {
    ...{ method, url: url + path, header: { ...header, 'Content-Type': [mediaType] } },
    body: Buffer.from(body).toString('base64'),
  };
};
