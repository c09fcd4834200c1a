import type { Wholeness } from './await-copies.ts';
import type { System } from './system.ts';

export type Step =
  | { kind: 'begun'; what: string }
  | { kind: 'ended'; what: string; ms: number }
  | { kind: 'remark'; text: string };

export type ChangeOptions = {
  /** How long a process may take to get ready, in milliseconds. */
  readyWithinMs?: number;
  /** Calls the change off. */
  signal?: AbortSignal;
  onStep?: (step: Step) => void;
  /**
   * Waits until these aggregators serve and every partition has its copies again. Throws when that takes too long, with
   * what is missing.
   */
  awaitCopies?: (aggregators: readonly string[], wholeness: Wholeness) => Promise<void>;
};

/** `refused`: nothing was touched. `failed`: broken off half-way, and what is not named runs as before. */
export type Changed =
  | { kind: 'done'; ms: number }
  | { kind: 'refused'; problem: string }
  | { kind: 'failed'; problem: string; ms: number };

/** How long a process may take to get ready, unless said otherwise: an aggregator restores its partitions first. */
export const usualReadyMs = 120_000;

/**
 * Carries out one change of a running system, such as `scale to 5 aggregators`; refuses while another one is under way.
 * Whatever the change throws is given as why it failed.
 */
export const changeSystem = async (
  system: System,
  what: string,
  { signal }: ChangeOptions,
  change: () => Promise<void>,
): Promise<Changed> => {
  const { changing } = system;
  const startedAt = performance.now();
  if (changing.what !== undefined) return refuseNow(what, changing.what, startedAt - changing.since);
  Object.assign(changing, { what, since: startedAt });
  try {
    await change();
    return { kind: 'done', ms: performance.now() - startedAt };
  } catch (error) {
    const problem = signal?.aborted
      ? 'Muster is being stopped'
      : error instanceof Error
        ? error.message
        : String(error);
    return { kind: 'failed', problem, ms: performance.now() - startedAt };
  } finally {
    changing.what = undefined;
  }
};

/** Does one step of a change, and reports its beginning and its end. */
export const takeStep = async (
  what: string,
  { onStep, signal }: ChangeOptions,
  step: () => Promise<unknown>,
): Promise<void> => {
  signal?.throwIfAborted();
  const startedAt = performance.now();
  onStep?.({ kind: 'begun', what });
  await step();
  onStep?.({ kind: 'ended', what, ms: performance.now() - startedAt });
};

/** Before these go on without `name`: no partition may be left without a replica. */
export const takeFullStep = (name: string, aggregators: readonly string[], options: ChangeOptions): Promise<void> =>
  takeCopiesStep(`wait for all copies before ${name} stops`, aggregators, 'full', options);

/** The last step of every move. */
export const takeRestStep = (aggregators: readonly string[], options: ChangeOptions): Promise<void> =>
  takeCopiesStep('wait until nothing moves any more', aggregators, 'atRest', options);

const takeCopiesStep = async (
  what: string,
  aggregators: readonly string[],
  wholeness: Wholeness,
  options: ChangeOptions,
): Promise<void> => {
  const { awaitCopies } = options;
  if (awaitCopies !== undefined && aggregators.length > 0)
    await takeStep(what, options, () => awaitCopies(aggregators, wholeness));
};

const refuseNow = (what: string, underWay: string, ms: number): Changed => ({
  kind: 'refused',
  problem: `Cannot ${what} now: "${underWay}" has been under way for ${Math.round(ms / 1_000)} s; one change at a time`,
});
