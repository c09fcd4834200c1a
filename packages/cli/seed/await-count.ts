import type { Entity } from '@muster/model';
import { describeCause, openDeadline, pause } from '@muster/runtime';
import { authorizationOf } from './authorization-of.ts';

/** `stallMs`: the wait ends when the count has not grown for so long. `everyMs`: the pause between two requests. */
export type CountWait = {
  urls: readonly string[];
  entity: Entity;
  wanted: number;
  key?: string | undefined; // the API key, if the gateways need one
  signal: AbortSignal;
  onCount: (count: number) => void;
  everyMs?: number;
  stallMs?: number;
};

/**
 * Waits until COUNT shows at least `wanted` at each gateway. More is accepted, because others may write meanwhile.
 * Returns undefined then. Returns the problem in words when a count no longer grows, when a gateway does not answer, or
 * when `signal` aborts.
 */
export const awaitCount = async (wait: CountWait): Promise<string | undefined> => {
  const problems = await Promise.all(wait.urls.map((url) => awaitAt(url, wait)));
  return problems.find((problem) => problem !== undefined);
};

/**
 * Returns the highest count of the gateways, to be read before users are created. Returns undefined if no gateway
 * answers within 10 s.
 */
export const countBefore = async (
  urls: readonly string[],
  entity: Entity,
  signal: AbortSignal,
  key?: string,
): Promise<number | undefined> => {
  using late = openDeadline(beforeMs, signal);
  const counts = await Promise.all(urls.map((url) => readUntilAnswered(url, entity, late.signal, key)));
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
};

const beforeMs = 10_000;
const askEveryMs = 250;
const standStillMs = 60_000;
const answerMs = 10_000;
const inARow = 3; // two answers may come from different replicas: one good answer is not enough

const awaitAt = async (url: string, wait: CountWait): Promise<string | undefined> => {
  const { entity, key, wanted, signal, onCount, everyMs = askEveryMs, stallMs = standStillMs } = wait;
  const best = { count: -1, at: performance.now() };
  let good = 0;
  let last = 'no request was sent';
  for (; performance.now() - best.at < stallMs; await pause(everyMs, signal)) {
    if (signal.aborted) return 'interrupted before COUNT showed all of them';
    const counted = await readCount(url, entity, signal, key);
    last = describeCounted(counted);
    good = isAtLeast(counted, wanted) ? good + 1 : 0;
    if (good === inARow) return undefined;
    if (counted.kind !== 'counted' || counted.count <= best.count) continue;
    Object.assign(best, { count: counted.count, at: performance.now() });
    onCount(counted.count);
  }
  return (
    `COUNT at ${url} does not show all of them: expected at least ${wanted}, ${last}. ` +
    `It has not grown for ${stallMs / 1_000} s`
  );
};

type Counted = { kind: 'counted'; count: number; asOf: string | undefined } | { kind: 'problem'; problem: string };

const isAtLeast = (counted: Counted, wanted: number) =>
  counted.kind === 'counted' && counted.asOf === undefined && counted.count >= wanted;

const describeCounted = (counted: Counted): string => {
  if (counted.kind === 'problem') return counted.problem;
  return `found ${counted.count}${counted.asOf === undefined ? '' : ` as of ${counted.asOf}`}`;
};

const readUntilAnswered = async (
  url: string,
  entity: Entity,
  signal: AbortSignal,
  key: string | undefined,
): Promise<number | undefined> => {
  for (; !signal.aborted; await pause(askEveryMs, signal)) {
    const counted = await readCount(url, entity, signal, key);
    // a count from a snapshot may be too low
    if (counted.kind === 'counted' && counted.asOf === undefined) return counted.count;
  }
  return undefined;
};

const readCount = async (
  url: string,
  entity: Entity,
  signal: AbortSignal,
  key: string | undefined,
): Promise<Counted> => {
  using late = openDeadline(answerMs, signal);
  try {
    const response = await fetch(new URL(`${entity.path}/count`, url), {
      headers: authorizationOf(key),
      signal: late.signal,
    });
    const text = await response.text();
    if (response.status !== 200)
      return { kind: 'problem', problem: `found status ${response.status}, ${text.slice(0, 200)}` };
    const { meta, count = meta?.count } = JSON.parse(text); // in JSON:API it is in `meta`
    if (!Number.isInteger(count)) return { kind: 'problem', problem: `found ${text.slice(0, 200)}` };
    return { kind: 'counted', count, asOf: response.headers.get('muster-as-of') ?? undefined };
  } catch (error) {
    return { kind: 'problem', problem: `found no answer (${describeCause(error)})` };
  }
};
