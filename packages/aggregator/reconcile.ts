import type { Entity } from '@muster/model';
import { pause, retryUntil } from '@muster/runtime';
import { countEvents, readStream, scanLastVersions } from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { findBehindRecords, recallBehind, recount } from './reconcile-kept.ts';
import { findState, findVersion, isInMemory, type Partition } from './table.ts';
import { takeAtOnce } from './take-event.ts';

const readDeadlineMs = 15_000;
const comparisonsMax = 5;
const compareEveryMs = 1_000;
const heartbeatCheckMs = 50;
const heartbeatWithinMs = 60_000;

/**
 * Compares restored partitions with the log, in the background. Versions are dense, so the sum of a partition's
 * versions is the number of its events in the log. If the two numbers differ in five comparisons, it looks for streams
 * that are behind the log, repairs them, counts them and logs an error. Never throws.
 */
export const reconcile = async (
  aggregator: Aggregator,
  partitions: readonly Partition[],
  signal: AbortSignal,
): Promise<void> => {
  for (const partition of partitions) {
    const complain = (error: unknown) =>
      aggregator.logger.warn({ err: error }, `Cannot compare partition ${partition.number} with the log, trying again`);
    await retryUntil(() => reconcilePartition(aggregator, partition, signal), signal, complain);
  }
};

const reconcilePartition = async (aggregator: Aggregator, partition: Partition, signal: AbortSignal) => {
  const isHere = () => aggregator.table.get(partition.number) === partition; // false once it was dropped
  for (let comparison = 0; comparison < comparisonsMax && !signal.aborted && isHere(); comparison += 1) {
    if (comparison > 0) await pause(compareEveryMs, signal);
    const atLeast = partition.events + partition.parkedEvents;
    const inLog = await countEvents(aggregator.log, partition.number, readDeadlineMs);
    if (inLog >= atLeast && inLog <= partition.events + partition.parkedEvents) return;
  }
  if (!isHere()) return;
  await recountAll(aggregator, partition, signal);
  await warnWhereAhead(aggregator, partition);
  const suspects = await findBehind(aggregator, partition);
  await heartbeatReturned(aggregator, signal); // then the stream has brought all that it will bring of these
  for (const suspect of suspects) if (!signal.aborted && isHere()) await repair(aggregator, partition, suspect, signal);
};

/**
 * Logs an error if memory has more events than the log: events were removed, or older database files were restored. No
 * write of this process can mend that.
 */
const warnWhereAhead = async ({ log, logger }: Aggregator, partition: Partition) => {
  const inMemory = partition.events + partition.parkedEvents;
  const inLog = await countEvents(log, partition.number, readDeadlineMs);
  if (inLog >= inMemory) return;
  logger.error(
    { partition: partition.number, inMemory, inLog },
    'The log has fewer events than memory: events were removed. Stop all processes, then run: npm run repair',
  );
};

// the counts of an entity with `keep` may be wrong, although nothing is missing
const recountAll = async (aggregator: Aggregator, partition: Partition, signal: AbortSignal) => {
  for (const entity of aggregator.entities.values())
    if (entity.keep !== undefined) await recount(aggregator, partition, entity, signal);
};

type Suspect = { entity: Entity; id: string; version: number };

const findBehind = async (aggregator: Aggregator, partition: Partition): Promise<Suspect[]> => {
  const { entities, log } = aggregator;
  const suspects: Suspect[] = [];
  for await (const { _id, version } of scanLastVersions(log, partition.number)) {
    const entity = entities.get(_id.entity);
    if (entity && isBehindLog(partition, { entity, id: _id.entityId, version }))
      suspects.push({ entity, id: _id.entityId, version });
  }
  return aggregator.keeps ? withoutSaved(aggregator, partition, suspects) : suspects;
};

// what is not in memory may be in its record
const withoutSaved = async (aggregator: Aggregator, partition: Partition, suspects: readonly Suspect[]) => {
  const left = suspects.filter(({ entity }) => entity.keep === undefined);
  for (const entity of aggregator.entities.values()) {
    const ofEntity = suspects.filter((suspect) => suspect.entity === entity);
    if (entity.keep === undefined) continue;
    left.push(...ofEntity.filter(({ id }) => isInMemory(partition, entity.name, id)));
    left.push(...(await findBehindRecords(aggregator, entity, partition, ofEntity)));
  }
  return left;
};

const isBehindLog = (partition: Partition, { entity, id, version }: Suspect): boolean =>
  findVersion(partition, entity.name, id) < version && !partition.parked.has(`${entity.name}:${id}`);

const heartbeatReturned = async ({ heart }: Aggregator, signal: AbortSignal) => {
  const next = heart.sent + 1;
  const until = performance.now() + heartbeatWithinMs;
  while (heart.returned < next && !signal.aborted) {
    if (performance.now() > until)
      throw new Error(`no heartbeat came back through the change stream within ${heartbeatWithinMs} ms`);
    await pause(heartbeatCheckMs, signal);
  }
};

const repair = async (aggregator: Aggregator, partition: Partition, suspect: Suspect, signal: AbortSignal) => {
  const { log, logger, metrics, table } = aggregator;
  if (!isBehindLog(partition, suspect)) return; // the stream has brought the missing events meanwhile
  const { entity, id, version } = suspect;
  if (entity.keep !== undefined) await recallBehind(aggregator, partition, suspect);
  const known = findState(partition, entity.name, id);
  for await (const missed of readStream(log, entity, id, known.version, () => readDeadlineMs)) {
    if (signal.aborted || table.get(partition.number) !== partition) return; // dropped, or restored again
    for (const event of missed) takeAtOnce(aggregator, event);
  }
  metrics.repaired.inc();
  logger.error(
    `Repaired ${entity.name} "${id}": memory had version ${known.version}, the log has version ${version}. ` +
      'This is a bug: please report how this process was started, with its log',
  );
};
