import { readCommandLine } from '@muster/embedded';
import { pin } from './pinning.ts';
import { databasePidsOf, fillPlainOf, type Ground, pidsOf, type Stage, warmUp } from './stage.ts';
import { type Child, startChild } from './start-child.ts';

/** Muster, a Koa that answers each request with one constant user, and the service that a team would write instead. */
export type TargetKind = 'muster' | 'bare' | 'plain';

/**
 * A measured system. `readPids` returns the pids of all its processes except the database. `readFrontPids` returns
 * those of its HTTP processes. The stage is Muster's own, or that on whose database the other service runs.
 */
export type Target = {
  kind: TargetKind;
  name: string;
  url: string;
  stage: Stage;
  readPids: () => number[];
  readFrontPids: () => number[];
};

/** The targets beside Muster that were started for a stage. */
export type OtherTargets = AsyncDisposable & { targets: Target[] };

export const targetNames = { muster: 'Muster', bare: 'bare Koa', plain: 'plain Koa + mongodb' } as const;

/** Muster on a stage as a target. Another revision has its name behind that of Muster. */
export const musterOf = (stage: Stage): Target => ({
  kind: 'muster',
  name: stage.build.name,
  url: stage.system.url,
  stage,
  readPids: () => pidsOf(stage.system, [...stage.system.gateways, ...stage.system.aggregators]),
  readFrontPids: () => pidsOf(stage.system, stage.system.gateways),
});

/** Starts these other targets beside a stage, pinned as Muster is. */
export const openOthers = async (
  ground: Ground,
  stage: Stage,
  kinds: ReadonlySet<TargetKind>,
): Promise<OtherTargets> => {
  const children: Child[] = [];
  const close = async () => {
    await Promise.all(children.map((child) => child[Symbol.asyncDispose]()));
  };
  const start = async (kind: 'bare' | 'plain', program: string, environment: NodeJS.ProcessEnv): Promise<Target> => {
    const child = await startChild(program, environment);
    children.push(child);
    if (ground.pinning) await pin(child.pid, ground.pinning.target);
    const readPids = () => [child.pid];
    return { kind, name: targetNames[kind], url: child.url, stage, readPids, readFrontPids: readPids };
  };
  try {
    const targets: Target[] = [];
    if (kinds.has('bare')) {
      const bare = await start('bare', 'bench-bare-koa', ground.environment);
      await warmUp(ground, bare.url, stage, ['get']);
      targets.push(bare);
    }
    if (kinds.has('plain')) {
      await fillPlainOf(stage);
      const UPDATE = (await isOnSecantus(stage)) ? 'in two' : 'in one';
      const own = { MONGODB_URI: stage.system.mongodbUri, DATABASE: stage.database, UPDATE };
      const plain = await start('plain', 'bench-plain-crud', { ...ground.environment, ...own });
      await warmUp(ground, plain.url, stage, ['get', 'put']);
      targets.push(plain);
    }
    return { targets, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
};

const isOnSecantus = async (stage: Stage): Promise<boolean> => {
  const [pid] = databasePidsOf(stage);
  return pid !== undefined && ((await readCommandLine(pid))?.includes('secantus') ?? false);
};
