import type { Entity, State } from '@muster/model';
import { catchUpState, type Loaded, loadState, withinDeadline } from '@muster/store';
import { type Gateway, keyOf } from './gateway.ts';
import { leavePlace, takePlace } from './long-reads.ts';
import { shareLoad } from './share-load.ts';

type Reading = Pick<Gateway, 'loads' | 'log' | 'longReads'>;

/**
 * Loads a stream's state from the record and the stream's tail. The read of the log begins after this call. Callers
 * that want the same stream at the same time share reads. Throws DeadlineError after `deadlineMs` milliseconds.
 */
export const loadThing = (reading: Reading, entity: Entity, id: string, deadlineMs: number): Promise<Loaded> => {
  const untilMs = performance.now() + deadlineMs;
  const key = keyOf(reading, entity, id);
  const shared = shareLoad(reading.loads, key, untilMs, (former, withinMs) =>
    load(reading, entity, id, former?.state, withinMs),
  );
  return withinDeadline(shared, deadlineMs, `read ${entity.name} "${id}"`);
};

const load = async (
  { log, longReads }: Reading,
  entity: Entity,
  id: string,
  from: State | undefined,
  withinMs: number,
): Promise<Loaded> => {
  const place = { taken: false };
  const whenLong = () => takePlace(longReads, place);
  try {
    // without a state, the record is a shorter way than all events of the stream
    return from && from.version > 0
      ? await catchUpState(log, entity, id, from, withinMs, whenLong)
      : await loadState(log, entity, id, withinMs, whenLong);
  } finally {
    leavePlace(longReads, place);
  }
};
