import { pause } from '@muster/runtime';
import type { LoadResult, LoadSpec } from './load-spec.ts';
import { readCpuMs } from './read-cpu.ts';
import type { Figures } from './row.ts';
import { databasePidsOf, seed } from './stage.ts';
import { runGenerator } from './start-child.ts';
import type { Target } from './targets.ts';
import { untilSaved } from './until-saved.ts';

/** A load on a target: all that is not the target's own. */
export type Load = Pick<LoadSpec, 'recipe' | 'connections' | 'seconds' | 'phases' | 'queueMax' | 'offset' | 'query'>;

const warmSeconds = 0.5;
const savedWithinMs = 10_000;

/** A closed loop: as many requests as are answered. */
export const closedLoop = (recipe: LoadSpec['recipe'], connections: number, seconds: number, offset = 0): Load => ({
  recipe,
  connections,
  seconds,
  offset,
});

/** An open loop: a constant rate, over as many connections as are needed. */
export const openLoop = (
  recipe: LoadSpec['recipe'],
  perSecond: number,
  seconds: number,
  connections = fewConnections,
): Load => ({ recipe, connections, seconds, phases: [{ perSecond, seconds: seconds + warmSeconds }] });

/** Enough connections for a target that keeps up. */
export const fewConnections = 512;

/**
 * So many connections that a target which does not keep up sees all the requests. With fewer, they would wait in the
 * generator.
 */
export const manyConnections = 8_000;

/**
 * Runs a load on a target, and measures it between the edges of the window. Before it, waits until the target and its
 * database have finished the load before. After it, waits until Muster has saved all. Calls `onBegin` when the window
 * begins.
 */
export const measureLoad = async (
  target: Target,
  load: Load,
  onBegin: () => void = () => undefined,
): Promise<{ result: LoadResult; figures: Figures }> => {
  const { stage } = target;
  const databasePids = databasePidsOf(stage);
  await waitUntilQuiet(target);
  const read = (): Cpu => ({
    all: readCpuMs(target.readPids()),
    front: readCpuMs(target.readFrontPids()),
    database: databasePids.length === 0 ? Number.NaN : readCpuMs(databasePids),
  });
  const before = read();
  const window = { begin: before, end: before };
  const spec = { ...load, url: target.url, path: stage.path, users: stage.users, seed, warmSeconds };
  const result = await runGenerator(spec, {
    onBegin: () => {
      window.begin = read();
      onBegin();
    },
    onEnd: () => {
      window.end = read();
    },
  });
  const isSaved = target.kind === 'muster' && stage.isSaving && isWriting(load);
  if (isSaved) await untilSaved(stage.log, savedWithinMs);
  const saved = isSaved ? savedFigures(before, read(), result) : {};
  const microsOf = (what: 'all' | 'front' | 'database') =>
    ((window.end[what] - window.begin[what]) * 1_000) / result.answered;
  const coreShare = (window.end.all - window.begin.all) / 1_000 / result.seconds;
  return {
    result,
    figures: {
      ...{ perSecond: result.perSecond, p50Ms: result.p50Ms, p99Ms: result.p99Ms, mostMs: result.mostMs },
      cpuMicros: microsOf('all'),
      frontCpuMicros: microsOf('front'),
      ...(target.kind === 'muster' ? { aggregatorCpuMicros: microsOf('all') - microsOf('front') } : {}),
      databaseCpuMicros: microsOf('database'),
      coreShare,
      loadShare: result.ownShare,
      ...saved,
      ...{ refused: result.refused, failed: result.failed - result.refused },
    },
  };
};

type Cpu = { all: number; front: number; database: number };

/** What the whole load cost until all was saved, snapshots and database included. */
const savedFigures = (before: Cpu, after: Cpu, { statuses }: LoadResult): Figures => {
  const total = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  const spentMs = after.all - before.all + (after.database - before.database);
  return { savedCpuMicros: (spentMs * 1_000) / total };
};

const isWriting = ({ recipe }: Load) => !['get', 'page', 'unseen', 'exists', 'unchanged'].includes(recipe);

const quietSampleMs = 500;
const quietShare = 0.3; // of one processor: more than idle processes use
const quietWithinMs = 15_000;

/** Waits until the target and its database have finished the load before, at most 15 seconds. */
export const waitUntilQuiet = async (target: Target) => {
  const read = () => readCpuMs([...target.readPids(), ...databasePidsOf(target.stage)]);
  const untilMs = performance.now() + quietWithinMs;
  while (performance.now() < untilMs) {
    const before = read();
    await pause(quietSampleMs);
    if (!(read() - before > quietShare * quietSampleMs)) return;
  }
};
