import { countEvents, readStream, scanLastVersions } from '@muster/log';
import { absent } from '@muster/model';
import { pause } from '@muster/runtime';
import type { Aggregator } from './aggregator.ts';
import { findEntry, type Partition } from './table.ts';
import { takeAtOnce } from './take-event.ts';

const readDeadlineMs = 15_000;
const looksMax = 5;
const lookEveryMs = 1_000;

/**
 * After a restore, without haste: versions are dense, so the sum of a partition's versions is the number of its events in the log. Compares the two until
 * they are equal once; where the log keeps having more, compares each stream's last version, repairs, counts it, and warns. Never throws.
 */
export const proveWhole = async (aggregator: Aggregator, signal: AbortSignal): Promise<void> => {
  for (const partition of aggregator.table.values()) {
    if (signal.aborted) return;
    await provePartition(aggregator, partition, signal).catch((error) =>
      aggregator.logger.warn({ err: error }, `Cannot compare partition ${partition.number} with the log`),
    );
  }
};

const provePartition = async (aggregator: Aggregator, partition: Partition, signal: AbortSignal) => {
  for (let look = 0; look < looksMax && !signal.aborted; look += 1) {
    if (look > 0) await pause(lookEveryMs, signal);
    const atLeast = partition.events + partition.parkedEvents;
    const inLog = await countEvents(aggregator.log, partition.number, readDeadlineMs);
    if (inLog >= atLeast && inLog <= partition.events + partition.parkedEvents) return;
  }
  if (!signal.aborted) await repair(aggregator, partition);
};

const repair = async (aggregator: Aggregator, partition: Partition) => {
  const { entities, log, logger, metrics } = aggregator;
  for await (const { _id, version } of scanLastVersions(log, partition.number)) {
    const entity = entities.get(_id.entity);
    const known = findEntry(partition, _id.entity, _id.entityId)?.state ?? absent;
    if (!entity || version <= known.version || partition.parked.has(`${_id.entity}:${_id.entityId}`)) continue;
    const missed = await readStream(log, entity, _id.entityId, known.version, readDeadlineMs);
    const repaired = missed.map((event) => takeAtOnce(aggregator, event)).filter((applied) => applied.kind === 'applied');
    if (repaired.length === 0) continue; // it came through the stream meanwhile
    metrics.repaired.inc();
    logger.error(
      `Repaired ${_id.entity} "${_id.entityId}": memory had version ${known.version}, the log has ${version}; please report how this process was started`,
    );
  }
};
