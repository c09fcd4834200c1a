import { pause } from '@muster/runtime';
import type { Log } from '@muster/store';
import { readTail } from './read-metrics.ts';

/** The work of the tail and the snapshots during a load: the greatest lag and backlog, and totals. */
export type TailWatch = {
  lagSecondsMost: number;
  changedMost: number;
  snapshots: number;
  failedSnapshots: number;
  saved: number;
  applied: number;
  settleSeconds: number; // from the end of the load until all records were saved
};

const sampleEveryMs = 1_000;
const settleMostMs = 30_000;

/**
 * Runs `work` and samples the aggregators' metrics each second. Then waits until all records are saved, at most 30
 * seconds.
 */
export const watchTail = async <Result>(
  log: Log,
  work: () => Promise<Result>,
): Promise<{ result: Result; tail: TailWatch }> => {
  const before = await readTail(log);
  const samples = [before];
  const over = new AbortController();
  const sampling = (async () => {
    for (; !over.signal.aborted; await pause(sampleEveryMs, over.signal)) samples.push(await readTail(log));
  })();
  const result = await work().finally(() => over.abort());
  await sampling;
  const endedAt = performance.now();
  const after = await settle(log);
  const tail = {
    lagSecondsMost: Math.max(...samples.map(({ lagSeconds }) => lagSeconds)),
    changedMost: Math.max(...samples.map(({ changed }) => changed)),
    snapshots: after.snapshots - before.snapshots,
    failedSnapshots: after.failedSnapshots - before.failedSnapshots,
    saved: after.saved - before.saved,
    applied: after.applied - before.applied,
    settleSeconds: (performance.now() - endedAt) / 1_000,
  };
  return { result, tail };
};

const settle = async (log: Log) => {
  const untilMs = performance.now() + settleMostMs;
  let tail = await readTail(log);
  while (tail.changed > 0 && performance.now() < untilMs) {
    await pause(100);
    tail = await readTail(log);
  }
  return tail;
};
