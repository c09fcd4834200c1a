import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { killProcess } from '@muster/supervisor';
import { openTestFolder, openTestSystem, type TestSystem } from '@muster/testing';
import { type FaultProxy, openFaultProxy, resetLinks, setFault } from '../fault-proxy.ts';

/** A site for tests: a whole Muster with a database of its own, a follower, and the link by which others reach it. */
export type TestSite = {
  readonly name: string;
  readonly url: string; // through the link, the same for ever
  readonly link: FaultProxy;
  readonly folder: AsyncDisposable & { path: string };
  environment: Record<string, string>;
  test: TestSystem | undefined; // undefined while it is down
  follower: Running | undefined;
  follows: readonly string[]; // URLs, by its setting SITES
};

/** A running follower: its process, its health port and the lines that it wrote. */
type Running = { child: ChildProcess; healthPort: number; lines: string[] };

const small = { aggregators: 2, gateways: 1 };

/** Opens a site that does not run yet. */
export const openSite = async (name: string, environment: Record<string, string> = {}): Promise<TestSite> => {
  const link = await openFaultProxy({ host: '127.0.0.1', port: 9 });
  return {
    ...{ name, url: `http://127.0.0.1:${link.port}`, link, folder: await openTestFolder() },
    environment: { ENTITIES: 'assets,records', SITE: name, LOG_LEVEL: 'info', ...environment },
    ...{ test: undefined, follower: undefined, follows: [] },
  };
};

/** Starts the Muster of a site, on the data that it has. */
export const startSite = async (site: TestSite): Promise<TestSystem> => {
  const test = await openTestSystem({ ...small, dataPath: site.folder.path, environment: site.environment });
  site.test = test;
  site.link.target = { host: '127.0.0.1', port: Number(new URL(test.url).port) };
  return test;
};

/** Starts the follower of a site. It follows these sites, and resolves when it reads the list of them. */
export const startFollower = async (site: TestSite, others: readonly TestSite[]): Promise<Running> => {
  const { test, environment } = site;
  if (!test) throw new Error(`The site ${site.name} does not run`);
  site.follows = others.map(({ url }) => url);
  const { NODE_OPTIONS: _, ...own } = process.env;
  const env = { ...own, ...environment, MONGODB_URI: test.system.mongodbUri, SITES: site.follows.join(',') };
  const program = join(findProjectRoot(), 'dist', 'follower.js');
  const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => lines.push(...`${data}`.split('\n')));
  const ready = once(child, 'message').then(([message]) => Number(message.healthPort));
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The follower of ${site.name} ended with ${code}: ${lines.join('\n').slice(-2_000)}`);
  });
  ended.catch(() => undefined); // also when it is stopped later
  site.follower = { child, healthPort: await Promise.race([ready, ended]), lines };
  return site.follower;
};

/** Ends the follower of a site, by this signal. */
export const stopFollower = async (site: TestSite, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> => {
  const { follower } = site;
  site.follower = undefined;
  if (!follower || follower.child.exitCode !== null || follower.child.signalCode !== null) return;
  const ended = once(follower.child, 'exit');
  follower.child.kill(signal);
  await ended;
};

/** Stops a site with its follower. Its data stay. */
export const stopSite = async (site: TestSite): Promise<void> => {
  await stopFollower(site);
  const { test } = site;
  site.test = undefined;
  await test?.[Symbol.asyncDispose]();
};

/** Copies the data of a site that is down, as a back-up. Returns how to put it in the place of the data. */
export const copyData = async (site: TestSite): Promise<() => Promise<void>> => {
  const [data, copy] = ['mongodb', 'mongodb-copy'].map((name) => join(site.folder.path, name)) as [string, string];
  await cp(data, copy, { recursive: true });
  return async () => {
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
    await cp(copy, data, { recursive: true });
  };
};

/** Cuts the link to a site: connections break, and new ones are refused. */
export const cutLink = async ({ link }: TestSite): Promise<void> => {
  await setFault(link, { refuse: true });
  resetLinks(link);
};

/** Lets everything pass again. */
export const healLink = ({ link }: TestSite): Promise<void> => setFault(link, {});

/** Kills the gateway of a site. Its supervisor starts it again. */
export const killGateway = async ({ test }: TestSite): Promise<void> => {
  if (test) await killProcess(test.system, 'gateway', 'SIGKILL');
};

/** Ends everything of a site, and removes its data. */
export const closeSite = async (site: TestSite): Promise<void> => {
  await stopSite(site);
  await site.link[Symbol.asyncDispose]();
  await site.folder[Symbol.asyncDispose]();
};
