import { readCommandLine } from '@muster/embedded';
import { processOf, type RunningSystem } from '@muster/supervisor';
import { startChild } from './start-child.ts';

/**
 * A measured system. `readPids` returns the pids of all its processes except the database. `readFrontPids` returns
 * those of its HTTP processes.
 */
export type Target = {
  name: string;
  url: string;
  isMuster: boolean;
  readPids: () => number[];
  readFrontPids: () => number[];
};

export type Targets = AsyncDisposable & { all: Target[] };

export const targetNames = { muster: '(a) Muster', bare: '(b) bare Koa', plain: '(c) plain Koa + mongodb' } as const;

/** Starts the two targets other than Muster, in the same environment. */
export const openTargets = async (system: RunningSystem, environment: NodeJS.ProcessEnv): Promise<Targets> => {
  const UPDATE = (await isOnSecantus(system)) ? 'in two' : 'in one';
  const plain = await startChild('bench-plain-crud', { ...environment, MONGODB_URI: system.mongodbUri, UPDATE });
  const bare = await startChild('bench-bare-koa', environment).catch(async (error) => {
    await plain[Symbol.asyncDispose]();
    throw error;
  });
  const all = [
    {
      name: targetNames.muster,
      url: system.url,
      isMuster: true,
      readPids: () => pidsOf(system, [...system.gateways, ...system.aggregators]),
      readFrontPids: () => pidsOf(system, system.gateways),
    },
    {
      name: targetNames.bare,
      url: bare.url,
      isMuster: false,
      readPids: () => [bare.pid],
      readFrontPids: () => [bare.pid],
    },
    {
      name: targetNames.plain,
      url: plain.url,
      isMuster: false,
      readPids: () => [plain.pid],
      readFrontPids: () => [plain.pid],
    },
  ];
  const close = async () => {
    await Promise.all([plain, bare].map((child) => child[Symbol.asyncDispose]()));
  };
  return { all, [Symbol.asyncDispose]: close };
};

/** Returns the pids of those of these processes that are running. */
export const pidsOf = (system: RunningSystem, names: readonly string[]): number[] =>
  names.flatMap((name) => processOf(system, name).spawned?.pid ?? []);

const isOnSecantus = async (system: RunningSystem): Promise<boolean> => {
  const [pid] = system.processes.has('mongodb') ? pidsOf(system, ['mongodb']) : [];
  return pid !== undefined && ((await readCommandLine(pid))?.includes('secantus') ?? false);
};
