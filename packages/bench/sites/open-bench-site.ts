import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause } from '@muster/runtime';
import { type Log, openLog } from '@muster/store';
import { startSystem } from '@muster/supervisor';
import { end, inDist } from '../start-child.ts';

/** A site: a Muster with one gateway and two aggregators on a database of its own. */
export type BenchSite = AsyncDisposable & { name: string; url: string; uri: string; log: Log };

/** A follower of a site. `read`: what its health says of the site that it follows. */
export type BenchFollower = AsyncDisposable & { pid: number; read: () => Promise<Followed | undefined> };

/** How far the follower is: how many events it read, and whether it has all that there is. */
export type Followed = { events: number; isCurrent: boolean };

const entities = 'assets,records';
const everyMs = 20;

/** Starts a site. Its disposal ends it and removes its data. Throws when it is not ready within a minute. */
export const openBenchSite = async (name: string, given: NodeJS.ProcessEnv): Promise<BenchSite> => {
  const dataPath = await mkdtemp(join(tmpdir(), 'muster-bench-sites-'));
  const environment = { ...given, MONGODB_URI: undefined, ENTITIES: entities, SITE: name, LOG_LEVEL: 'warn' };
  const system = await startSystem({ dataPath, aggregators: 2, environment, dieWithParent: true });
  const log = openLog({ uri: system.mongodbUri, database: 'muster', appName: 'muster-bench' });
  const close = async () => {
    await log[Symbol.asyncDispose]();
    await system[Symbol.asyncDispose]();
    await rm(dataPath, { recursive: true, force: true, maxRetries: 5 });
  };
  return { name, url: system.url, uri: system.mongodbUri, log, [Symbol.asyncDispose]: close };
};

/** Starts a follower of a site, which follows another one. Its disposal ends it. */
export const openBenchFollower = async (
  { name, uri }: BenchSite,
  other: BenchSite,
  given: NodeJS.ProcessEnv,
): Promise<BenchFollower> => {
  const own = { MONGODB_URI: uri, SITE: name, SITES: other.url, ENTITIES: entities, LOG_LEVEL: 'warn' };
  const child = fork(inDist('follower'), { env: { ...given, ...own }, execArgv: [] });
  const healthPort = await readHealthPort(child);
  const read = async () => {
    const response = await fetch(`http://127.0.0.1:${healthPort}/readyz`);
    const { sites } = (await response.json()) as { sites: Record<string, Followed> };
    return sites[other.url];
  };
  return { pid: child.pid ?? 0, read, [Symbol.asyncDispose]: () => end(child) };
};

const readHealthPort = async (child: ChildProcess): Promise<number> => {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The follower ended with exit code ${code}`);
  });
  ended.catch(() => undefined); // also when it is ended later
  const [message] = await Promise.race([once(child, 'message'), ended]);
  return Number(message.healthPort);
};

/** Waits until a follower has read at least so many events, and has all that there is. */
export const untilFollowed = async (follower: BenchFollower, events: number, signal: AbortSignal): Promise<void> => {
  for (;;) {
    const followed = await follower.read();
    if (followed?.isCurrent && followed.events >= events) return;
    signal.throwIfAborted();
    await pause(everyMs, signal);
  }
};
