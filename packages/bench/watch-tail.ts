import { pause } from '@muster/runtime';
import type { Log } from '@muster/store';
import { readTail } from './read-metrics.ts';

/**
 * How the tail and the snapshots did while something ran: the worst seen of lag and backlog, and what was done in all.
 */
export type TailWatch = {
  lagSecondsMost: number;
  changedMost: number;
  snapshots: number;
  failedSnapshots: number;
  saved: number;
  applied: number;
  settleSeconds: number; // from the end of the load until nothing was unsaved
};

const sampleEveryMs = 1_000;
const settleMostMs = 30_000;

/** Does `work`, looking at the aggregators meanwhile, then waits until they have saved everything, 30 s at most. */
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
