import { processOf, type RunningSystem } from '@muster/local';
import { startChild } from './start-child.ts';

/** What is measured. `readPids` gives all its processes, the database apart. */
export type Target = { name: string; url: string; isMuster: boolean; readPids: () => number[] };

export type Targets = AsyncDisposable & { all: Target[] };

export const targetNames = { muster: '(a) Muster', bare: '(b) bare Koa', plain: '(c) plain Koa + mongodb' } as const;

/** Starts the other two targets beside the running Muster, in the same environment. */
export const openTargets = async (system: RunningSystem, environment: NodeJS.ProcessEnv): Promise<Targets> => {
  const plain = await startChild('bench-plain-crud', { ...environment, MONGODB_URI: system.mongodbUri });
  const bare = await startChild('bench-bare-koa', environment).catch(async (error) => {
    await plain[Symbol.asyncDispose]();
    throw error;
  });
  const all = [
    { name: targetNames.muster, url: system.url, isMuster: true, readPids: () => pidsOf(system, [...system.gateways, ...system.aggregators]) },
    { name: targetNames.bare, url: bare.url, isMuster: false, readPids: () => [bare.pid] },
    { name: targetNames.plain, url: plain.url, isMuster: false, readPids: () => [plain.pid] },
  ];
  const close = async () => {
    await Promise.all([plain, bare].map((child) => child[Symbol.asyncDispose]()));
  };
  return { all, [Symbol.asyncDispose]: close };
};

/** The pids of those of these processes that run. */
export const pidsOf = (system: RunningSystem, names: readonly string[]): number[] => names.flatMap((name) => processOf(system, name).spawned?.pid ?? []);
