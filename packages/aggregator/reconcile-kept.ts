import { absent, applyStored, type Entity, type State } from '@muster/model';
import { databaseNow, readStates, scanEventBatches } from '@muster/store';
import type { Aggregator } from './aggregator.ts';
import { scanStart } from './scan-start.ts';
import { isInMemory, type Partition, recallThing, recountKept } from './table.ts';

const readDeadlineMs = 15_000;
const readAtOnce = 500;

type Version = { entity: Entity; id: string; version: number };

/**
 * Returns those of these streams of an entity with `keep` that are behind the log: neither memory nor the record has
 * their version. Throws when the database does not answer.
 */
export const findBehindRecords = async (
  { log }: Aggregator,
  entity: Entity,
  partition: Partition,
  streams: readonly Version[],
): Promise<Version[]> => {
  const behind: Version[] = [];
  const elsewhere = streams.filter(({ id }) => !isInMemory(partition, entity.name, id));
  for (let at = 0; at < elsewhere.length; at += readAtOnce) {
    const some = elsewhere.slice(at, at + readAtOnce);
    const ids = some.map(({ id }) => id);
    const states = await readStates(log, entity, ids, readDeadlineMs);
    behind.push(...some.filter(({ id, version }) => (states.get(id)?.version ?? 0) < version));
  }
  return behind;
};

/** Puts a thing that is behind the log back into memory, with what is counted of it. */
export const recallBehind = async (
  { log }: Aggregator,
  partition: Partition,
  { entity, id }: Version,
): Promise<void> => {
  const states = await readStates(log, entity, [id], readDeadlineMs);
  const saved = states.get(id) ?? absent;
  if (!isInMemory(partition, entity.name, id)) recallThing(partition, entity, id, saved.version, saved);
};

/**
 * Counts the things of an entity with `keep` again: folds the events of the log up to a time, and adds what came after
 * it. Throws when the database does not answer.
 */
export const recount = async (
  aggregator: Aggregator,
  partition: Partition,
  entity: Entity,
  signal: AbortSignal,
): Promise<void> => {
  const { log, membership, settings } = aggregator;
  const until = scanStart(databaseNow(membership.clock), settings.SCAN_OVERLAP_MS);
  const states = new Map<string, State>();
  for await (const events of scanEventBatches(log, [partition.number], settings.PARTITIONS, new Date(0))) {
    if (signal.aborted) return;
    for (const stored of events) {
      if (stored.entity !== entity.name || stored.at >= until) continue;
      const applied = applyStored(entity, states.get(stored.entityId) ?? absent, stored);
      if (applied.kind === 'state') states.set(stored.entityId, applied.state);
    }
  }
  const all = [...states.values()];
  const active = all.filter(({ status }) => status === 'active').length;
  recountKept(partition, entity, { active, events: all.reduce((sum, { version }) => sum + version, 0) }, until);
};
