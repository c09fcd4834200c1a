import { murmur3 } from '@muster/placement';
import { repeatInStep } from '@muster/runtime';
import { type Cluster, databaseNow, isFinal } from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { checkLog } from './check-log.ts';
import { beat, isMember, NameTaken, readOwnCluster, takeCluster } from './membership.ts';
import { noteBeating } from './progress.ts';
import { advance, type Hooks, runLifecycle } from './run-lifecycle.ts';
import { trimChanged } from './trim-changed.ts';
import { viewMembers } from './view-members.ts';

const lookEveryMs = 1_000;
const trimEveryMs = 2_000;

/**
 * Joins the members and serves until `signal` aborts. Then it hands over, saves a last snapshot and leaves. After it
 * has left, it throws NameTaken and errors that the store calls final.
 */
export const serveAsMember = async (aggregator: Aggregator, signal: AbortSignal, hooks: Hooks): Promise<void> => {
  const over = new AbortController();
  const failed = new AbortController();
  const onFailure = (error: unknown) => {
    if (!isFatal(error)) return aggregator.logger.debug({ err: error }, 'A regular task failed and will run again');
    failed.abort(error);
    void advance(aggregator, hooks, { kind: 'fatal' });
  };
  const every = (ms: number, chore: (aggregator: Aggregator, hooks: Hooks) => Promise<void>, laterMs = 0) =>
    repeatInStep(
      () => chore(aggregator, hooks),
      ms,
      () => databaseNow(aggregator.membership.clock).getTime() - laterMs,
      over.signal,
      onFailure,
    );
  const running = runLifecycle(aggregator, hooks);
  // Each runs on its own: a slow task must not delay the renewal of the lease. All processes write their heartbeats in
  // step, on the database's clock, so that each change stream brings them together. Each looks around at a moment of
  // its own: all at once would hold up the requests of a small machine.
  const ownMs = murmur3(aggregator.name) % lookEveryMs;
  const chores = [
    every(aggregator.settings.HEARTBEAT_EVERY_MS, renewLease),
    every(lookEveryMs, lookAround, ownMs),
    every(trimEveryMs, trimChanged, ownMs),
  ];
  const stop = () => void advance(aggregator, hooks, { kind: 'stopAsked' });
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true, signal: over.signal });
  await running;
  over.abort();
  await Promise.all(chores);
  failed.signal.throwIfAborted();
};

// a retry would fail in the same way
const isFatal = (error: unknown): boolean => error instanceof NameTaken || isFinal(error);

/**
 * Refreshes the members list and rebalances, and checks and mends the log. One read serves both. Throws when the
 * database does not answer, and the errors of `mendLog`.
 */
const lookAround = async (aggregator: Aggregator, hooks: Hooks): Promise<void> => {
  const reading = readOwnCluster(aggregator);
  const checking = checkLog(aggregator, reading);
  checking.catch(() => undefined); // awaited below, unless the read fails, too
  refreshMembers(aggregator, hooks, await reading);
  if ((await checking) === 'replaced') await advance(aggregator, hooks, { kind: 'logReplaced' });
};

// not awaited: a restore must not delay the next look
const refreshMembers = (aggregator: Aggregator, hooks: Hooks, cluster: Cluster): void => {
  if (!isMember(aggregator)) return;
  takeCluster(aggregator, cluster);
  void advance(aggregator, hooks, { kind: 'membersChanged', ...viewMembers(aggregator) });
};

/** Renews the lease. Logs once when the database stops answering, and once when it answers again. Throws NameTaken. */
const renewLease = async (aggregator: Aggregator, hooks: Hooks): Promise<void> => {
  const { logger, progress } = aggregator;
  if (!isMember(aggregator)) return;
  try {
    const outcome = await beat(aggregator);
    if (noteBeating(progress, true)) logger.info('The database accepts heartbeats again');
    if (outcome === 'expired') await advance(aggregator, hooks, { kind: 'leaseExpired' });
  } catch (error) {
    if (error instanceof NameTaken) throw error;
    if (noteBeating(progress, false))
      logger.warn({ err: error }, 'Cannot renew the lease. Serving from memory and saving nothing until it is renewed');
  }
};
