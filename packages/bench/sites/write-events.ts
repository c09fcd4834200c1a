import { readPartitions, seedLog } from '@muster/cli';
import { asset, record } from '@muster/entities';
import { absent, decide, type Entity, type State } from '@muster/model';
import { partitionOf } from '@muster/placement';
import { appendChain, type Log, openAppendQueue, type StoredEvent } from '@muster/store';
import { v7 } from 'uuid';

const chainDeadlineMs = 60_000;

/** Writes events of new assets directly into the log of a site: one event for each. */
export const writeAssets = async (log: Log, count: number, seed: number, signal: AbortSignal): Promise<void> => {
  const seeding = { users: count, seed, concurrency: 2_000, key: undefined, signal, onSeeded: () => undefined };
  await seedLog(log, asset, await readPartitions(log), seeding);
};

/** Writes events of records directly into the log of a site: ten events for each record. */
export const writeRecords = async (log: Log, count: number, seed: number): Promise<void> => {
  const queue = openAppendQueue({ waitingMax: Number.POSITIVE_INFINITY });
  const partitions = await readPartitions(log);
  const names = Array.from({ length: count / entriesEach }, (_, index) => `bench-${seed}-${index}`);
  const written = await Promise.all(
    names.map((name) => appendChain(log, queue, eventsOf(record, name, partitions), chainDeadlineMs)),
  );
  const failed = written.find(({ outcome }) => outcome.kind !== 'appended');
  if (failed) throw new Error(`Cannot write the events: ${JSON.stringify(failed.outcome)}`);
};

const entriesEach = 10;

const eventsOf = (entity: Entity, name: string, partitions: number): StoredEvent[] => {
  const events: StoredEvent[] = [];
  let state: State = absent;
  for (let timestamp = 1; timestamp <= entriesEach; timestamp += 1) {
    const at = new Date();
    const decision = decide(entity, { type: entity.creating, input: { name, author: 'ada', timestamp } }, state, at);
    if (decision.kind !== 'event') throw new Error(`The update of ${name} is no event`);
    const { type, data, shape = 1 } = decision.event;
    const own = { entity: entity.name, entityId: name, version: state.version + 1, type, data, at };
    events.push({
      _id: v7(),
      ...own,
      partition: partitionOf(entity.name, name, partitions),
      meta: { requestId: 'bench', shape },
    });
    state = decision.next;
  }
  return events;
};
