import { pause } from '@muster/runtime';
import { connect, type Log, openLog } from '@muster/store';
import { inspectCopies } from './inspect-copies.ts';
import { type Copies, type CopiesRule, judgeCopies } from './judge-copies.ts';

/** Where the aggregators' documents are. */
export type CopiesPlace = { uri: string; database: string };

/**
 * `full`: every partition has its copies, and has had them for a moment. `atRest`: moreover no restore is running, and
 * no surplus replica remains.
 */
export type Wholeness = 'full' | 'atRest';

/**
 * Waits until these aggregators serve and all copies are `full`, or `atRest`. Throws after `withinMs` milliseconds with
 * what is missing, and at once when the signal aborts.
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
// longer than the second in which aggregators refresh their members: before that one may have nothing to restore yet
const restMs = 2_000;
// longer than aggregators serve surplus partitions; after it, more copies than asked for are intended
const surplusRestMs = 6_000;

/** Since when things are as they are: complete, or moreover held by the same ones. */
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
    // the database may be away for a moment
    return { missing: [error instanceof Error ? error.message : String(error)] };
  }
};

const describeLate = (missing: readonly string[], withinMs: number) =>
  `Not complete after ${Math.round(withinMs / 1_000)} s: ${missing.join('; ') || 'partitions still change hands'}`;
