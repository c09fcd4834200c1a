import type { LoadResult, LoadSpec } from './load-spec.ts';
import { fewConnections, waitUntilQuiet } from './measure-load.ts';
import type { Subscribers } from './open-subscribers.ts';
import { readCpuMs } from './read-cpu.ts';
import { seed } from './stage.ts';
import { runGenerator } from './start-child.ts';
import type { Received } from './subscribe-spec.ts';
import type { Target } from './targets.ts';

/** Reads and creates of users at constant rates, at the same time. With a rate of 0 there are no creates. */
export type LiveLoad = { getsPerSecond: number; postsPerSecond: number; seconds: number };

/**
 * What came of them. The processor time of the gateway is that of the window, and that from before the load until all
 * has arrived: what a gateway sends late counts, too. `due`: the messages that must arrive.
 */
export type LiveMeasured = {
  gets: LoadResult;
  posts: LoadResult | undefined;
  windowMs: number;
  gatewayMs: number;
  due: number;
  received: Received | undefined;
};

const warmSeconds = 0.5;

/**
 * Runs a load on a target while `subscribers` are subscribed to it, and waits until they have all its events. `share`
 * is 0 if they do not want the events.
 */
export const measureLive = async (
  target: Target,
  { getsPerSecond, postsPerSecond, seconds }: LiveLoad,
  subscribers: Subscribers | undefined,
  share: 0 | 1 = 1,
): Promise<LiveMeasured> => {
  const { stage, url } = target;
  await waitUntilQuiet(target);
  await subscribers?.receive(0); // forgets what came before
  const window = { begin: Number.NaN, end: Number.NaN };
  const readGateway = () => readCpuMs(target.readFrontPids());
  const edges = {
    onBegin: () => {
      window.begin = readGateway();
    },
    onEnd: () => {
      window.end = readGateway();
    },
  };
  const specOf = (recipe: LoadSpec['recipe'], perSecond: number): LoadSpec => ({
    ...{ url, path: stage.path, users: stage.users, seed, recipe, connections: fewConnections },
    ...{ warmSeconds, seconds, phases: [{ perSecond, seconds: seconds + warmSeconds }] },
  });
  const before = readGateway();
  const hasPosts = postsPerSecond > 0;
  const [gets, posts] = await Promise.all([
    runGenerator(specOf('get', getsPerSecond), hasPosts ? {} : edges),
    hasPosts ? runGenerator(specOf('timed', postsPerSecond), edges) : undefined,
  ]);
  const due = (posts?.statuses['201'] ?? 0) * share * (subscribers?.count ?? 0);
  const received = await subscribers?.receive(due);
  return { gets, posts, windowMs: window.end - window.begin, gatewayMs: readGateway() - before, due, received };
};
