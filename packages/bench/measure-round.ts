import { pause } from '@muster/runtime';
import type { Log } from '@muster/store';
import type { LoadResult, LoadSpec } from './load-spec.ts';
import { readCpuMs } from './read-cpu.ts';
import { runGenerator } from './start-child.ts';
import type { Target } from './targets.ts';
import { type TailWatch, watchTail } from './watch-tail.ts';

/**
 * One measurement of a load on a target. Processor time is in microseconds per request: of all processes of the target,
 * of its HTTP processes, and of the database.
 */
export type Measurement = LoadResult & {
  target: string;
  load: string;
  cpuMicros: number;
  frontCpuMicros: number;
  databaseCpuMicros: number;
  tail: TailWatch | undefined;
};

export type Load = Pick<LoadSpec, 'kind' | 'connections'>;

export const nameOf = ({ kind, connections }: Load): string => `${kind} at ${connections}`;

/** Runs a load on a target and measures it. With Muster, the measurement includes the snapshots after the load. */
export const measureRound = async (
  target: Target,
  load: Load,
  given: Pick<LoadSpec, 'path' | 'seconds' | 'users' | 'seed'>,
  databasePids: readonly number[],
  log: Log,
): Promise<Measurement> => {
  await waitUntilQuiet(databasePids);
  const [pids, frontPids] = [target.readPids(), target.readFrontPids()];
  const [cpuBefore, frontBefore, databaseBefore] = [readCpuMs(pids), readCpuMs(frontPids), readCpuMs(databasePids)];
  const generate = () =>
    runGenerator<LoadResult>('bench-load', { ...given, ...load, url: target.url } satisfies LoadSpec, given.seconds);
  const { result, tail } = target.isMuster
    ? await watchTail(log, generate)
    : { result: await generate(), tail: undefined };
  const microsSince = (before: number, of: readonly number[]) =>
    of.length === 0 ? Number.NaN : ((readCpuMs(of) - before) * 1_000) / result.requests;
  const cpu = {
    cpuMicros: microsSince(cpuBefore, pids),
    frontCpuMicros: microsSince(frontBefore, frontPids),
    databaseCpuMicros: microsSince(databaseBefore, databasePids),
  };
  return { ...result, ...cpu, target: target.name, load: nameOf(load), tail };
};

const quietSampleMs = 500;
const quietShare = 0.1; // of one processor
const quietWithinMs = 15_000;

/**
 * Waits until the database has finished the work of the former load, so that it does not affect the next one. Waits at
 * most 15 seconds.
 */
const waitUntilQuiet = async (databasePids: readonly number[]) => {
  const untilMs = performance.now() + quietWithinMs;
  while (performance.now() < untilMs) {
    const before = readCpuMs(databasePids);
    await pause(quietSampleMs);
    if (!(readCpuMs(databasePids) - before > quietShare * quietSampleMs)) return;
  }
};
