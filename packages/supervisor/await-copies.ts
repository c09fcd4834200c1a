import { pause } from '@muster/runtime';
import { connect, type Log, openLog } from '@muster/store';
import { inspectCopies } from './inspect-copies.ts';
import { type Copies, type CopiesRule, judgeCopies } from './judge-copies.ts';

/** The database with the members list. */
export type CopiesPlace = { uri: string; database: string };

/**
 * `full`: every partition has had its copies for 2 s. `atRest`: also, the replicas have not changed for 2 s, and no
 * surplus replica remains.
 */
export type Wholeness = 'full' | 'atRest';

/**
 * Waits until these aggregators serve and all copies are `full` or `atRest`. Throws an error with what is missing after
 * `withinMs` milliseconds, and the signal's reason when it aborts.
 */
export const awaitCopies = async (
  { uri, database }: CopiesPlace,
  rule: CopiesRule,
  names: readonly string[],
  wholeness: Wholeness,
  withinMs: number,
  signal?: AbortSignal,
): Promise<void> => {
  await using log = openLog({ uri, database, appName: 'muster-copies' });
  const rest: Rest = { seen: '', since: 0 };
  for (const until = performance.now() + withinMs; ; await pause(inspectEveryMs, signal)) {
    signal?.throwIfAborted();
    const { copies, missing } = await inspect(log, rule, names);
    if (isAtRest(rest, copies, wholeness)) return;
    if (performance.now() > until) throw new Error(describeLate(missing, withinMs));
  }
};

const inspectEveryMs = 200;
// longer than the 1 s in which every aggregator refreshes its members list: before that, a restore may not have begun
const restMs = 2_000;
// longer than aggregators serve surplus partitions: copies that remain after it are not going to be dropped
const surplusRestMs = 6_000;

/** What the last inspections have found, and since when: complete copies, for `atRest` with the same replicas. */
type Rest = { seen: string; since: number };

const isAtRest = (rest: Rest, copies: Copies | undefined, wholeness: Wholeness): boolean => {
  const isFull = copies !== undefined && copies.missing.length === 0;
  const seen = isFull ? (wholeness === 'full' ? 'full' : JSON.stringify(copies.replicas)) : '';
  if (seen !== rest.seen) Object.assign(rest, { seen, since: performance.now() });
  const isSurplus = wholeness === 'atRest' && copies?.replicas.some((names) => names.length > copies.wanted);
  return isFull && performance.now() - rest.since >= (isSurplus ? surplusRestMs : restMs);
};

const inspect = async (
  log: Log,
  rule: CopiesRule,
  names: readonly string[],
): Promise<{ copies?: Copies; missing: string[] }> => {
  try {
    await connect(log, 3_000);
    const copies = judgeCopies(await inspectCopies(log), rule, names);
    return { copies, missing: copies.missing };
  } catch (error) {
    // the database may not answer for a moment: try again
    return { missing: [error instanceof Error ? error.message : String(error)] };
  }
};

const describeLate = (missing: readonly string[], withinMs: number) =>
  `Not complete after ${Math.round(withinMs / 1_000)} s: ${missing.join('; ') || 'partitions are still moving'}`;
