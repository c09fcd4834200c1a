import { absent, decide, type Entity } from '@muster/model';
import { partitionOf } from '@muster/placement';
import { pause } from '@muster/runtime';
import {
  append,
  databaseNow,
  type Log,
  measureClock,
  openAppendQueue,
  openClock,
  type StoredEvent,
} from '@muster/store';
import { v7 as uuidv7 } from 'uuid';
import { forEachIndex } from './for-each-index.ts';
import { makeThing } from './make-thing.ts';
import type { SeededThing } from './make-user.ts';
import type { Seeded, Seeding } from './seeded.ts';

const deadlineMs = 30_000;
const triesMax = 5;

/**
 * Appends a creation event for each user directly to the log, as a gateway does. Returns how many users are new and how
 * many existed. Throws when the database does not accept an event in 5 tries.
 */
export const seedLog = async (log: Log, entity: Entity, partitions: number, seeding: Seeding): Promise<Seeded> => {
  const clock = openClock();
  await measureClock(log, clock, 5_000);
  const queue = openAppendQueue({ waitingMax: Number.POSITIVE_INFINITY });
  const seeded: Seeded = { created: 0, present: 0 };
  const seedOne = async (index: number) => {
    const event = creationOf(entity, makeThing(entity, seeding.seed, index), partitions, databaseNow(clock));
    const outcome = await appendSurely(log, queue, event);
    if (outcome === 'appended') seeded.created += 1;
    else seeded.present += 1;
    seeding.onSeeded(seeded);
  };
  await forEachIndex(seeding.users, seeding.concurrency, seedOne, seeding.signal);
  return seeded;
};

const creationOf = (entity: Entity, { id, fields }: SeededThing, partitions: number, at: Date): StoredEvent => {
  const decision = decide(entity, { type: entity.creating, input: fields }, absent, at);
  if (decision.kind !== 'event')
    throw new Error(`Cannot seed ${entity.name} "${id}": its creation is ${decision.kind}`);
  const { type, data } = decision.event;
  return {
    _id: uuidv7(),
    entity: entity.name,
    entityId: id,
    version: 1,
    partition: partitionOf(entity.name, id, partitions),
    type,
    data,
    at,
    meta: { requestId: 'seed' },
  };
};

// a second try with the same event is safe: the log stores it once
const appendSurely = async (
  log: Log,
  queue: ReturnType<typeof openAppendQueue>,
  event: StoredEvent,
): Promise<'appended' | 'conflict'> => {
  for (let tries = 1; ; tries += 1) {
    const outcome = await append(log, queue, event, deadlineMs);
    if (outcome.kind === 'appended' || outcome.kind === 'conflict') return outcome.kind;
    if (tries === triesMax)
      throw new Error(`Cannot append to ${event.entity} "${event.entityId}": ${outcome.why}, in ${triesMax} tries`);
    await pause(500);
  }
};
