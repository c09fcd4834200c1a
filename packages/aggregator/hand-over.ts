import { replicasOf, ringOf } from '@muster/placement';
import { pause } from '@muster/runtime';
import type { Aggregator } from './aggregator.ts';
import type { Input } from './lifecycle.ts';
import { isFresh, others, refreshRoster } from './membership.ts';
import { firstAmong } from './view-members.ts';

const refreshEveryMs = 100;

/**
 * Waits until others serve all partitions that this aggregator serves. Ends earlier when no other aggregator is left,
 * after `HANDOVER_MS` milliseconds, when the database does not answer, or when `signal` aborts. Returns the partitions
 * that it would save first and those with unsaved changes, for the last snapshot. Never throws.
 */
export const handOver = async (aggregator: Aggregator, signal: AbortSignal): Promise<Input> => {
  const { logger, settings } = aggregator;
  const startedAt = performance.now();
  const until = startedAt + settings.HANDOVER_MS;
  while (performance.now() < until && !signal.aborted && !(await isDone(aggregator)))
    await pause(refreshEveryMs, signal);
  logger.info({ ms: Math.round(performance.now() - startedAt), complete: isHandedOver(aggregator) }, 'Handed over');
  const served = [...aggregator.table.values()].filter((partition) => partition.served);
  return {
    kind: 'handedOver',
    first: firstAmong(
      aggregator,
      served.map(({ number }) => number),
    ),
    unsaved: served.filter(({ changed }) => changed.size > 0).map(({ number }) => number),
  };
};

const isDone = async (aggregator: Aggregator): Promise<boolean> => {
  try {
    await refreshRoster(aggregator);
    return isHandedOver(aggregator);
  } catch {
    return true; // without the database, other members cannot take over
  }
};

const isHandedOver = (aggregator: Aggregator): boolean => {
  const { settings, table } = aggregator;
  const ring = ringOf(others(aggregator));
  if (ring.length === 0) return true;
  const served = [...table.values()].filter((partition) => partition.served);
  return served.every(({ number }) =>
    replicasOf(ring, number, settings.COPIES).every((name) => isServedBy(aggregator, name, number)),
  );
};

const isServedBy = (aggregator: Aggregator, name: string, partition: number): boolean =>
  others(aggregator).some(
    (member) => member.name === name && isFresh(aggregator, member) && member.partitions.includes(partition),
  );
