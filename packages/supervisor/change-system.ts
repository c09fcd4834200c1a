import type { Wholeness } from './await-copies.ts';
import type { System } from './system.ts';

export type Step =
  | { kind: 'begun'; what: string }
  | { kind: 'ended'; what: string; ms: number }
  | { kind: 'remark'; text: string };

export type ChangeOptions = {
  /** How long a process may take to get ready, in milliseconds. */
  readyWithinMs?: number;
  /** Cancels the change. */
  signal?: AbortSignal;
  onStep?: (step: Step) => void;
  /**
   * Waits until these aggregators serve and every partition has its copies. Throws an error with what is missing when
   * this takes too long.
   */
  awaitCopies?: (aggregators: readonly string[], wholeness: Wholeness) => Promise<void>;
};

/** `refused`: nothing was changed. `failed`: a step failed; the problem names the processes that were changed. */
export type Changed =
  | { kind: 'done'; ms: number }
  | { kind: 'refused'; problem: string }
  | { kind: 'failed'; problem: string; ms: number };

/** The default of `readyWithinMs`. It is long because an aggregator restores its partitions before it is ready. */
export const usualReadyMs = 120_000;

/**
 * Runs one change of a running system. `what` describes it, such as `scale to 5 aggregators`. Refuses while another
 * change is running. An error that `change` throws becomes the problem of the outcome `failed`.
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

/** Does one step of a change and reports its beginning and its end. */
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

/**
 * Waits for complete copies on these aggregators before `name` stops. Otherwise a partition could be left without a
 * replica.
 */
export const takeFullStep = (name: string, aggregators: readonly string[], options: ChangeOptions): Promise<void> =>
  takeCopiesStep(`wait for all copies before ${name} stops`, aggregators, 'full', options);

/** The last step of each change of aggregators: waits until the partitions do not move any more. */
export const takeRestStep = (aggregators: readonly string[], options: ChangeOptions): Promise<void> =>
  takeCopiesStep('wait until no partition moves', aggregators, 'atRest', options);

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

const refuseNow = (what: string, running: string, ms: number): Changed => ({
  kind: 'refused',
  problem:
    `Cannot ${what} now: "${running}" has been running for ${Math.round(ms / 1_000)} s. ` +
    'Only one change can run at a time: try again when it has ended',
});
