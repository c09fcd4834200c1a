import type { Entity, State } from '@muster/model';
import { catchUpState, type Loaded, loadState, withinDeadline } from '@muster/store';
import { type Gateway, keyOf } from './gateway.ts';
import { leavePlace, takePlace } from './long-reads.ts';
import { shareLoad } from './share-load.ts';

type Reading = Pick<Gateway, 'loads' | 'log' | 'longReads'>;

/**
 * Loads a stream's state from the snapshot and the tail, by a read that starts after this call. Concurrent calls for
 * one stream share their reads. Throws DeadlineError after `deadlineMs` milliseconds.
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
    // without events yet, the snapshot saves reading the stream from its first event
    return from && from.version > 0
      ? await catchUpState(log, entity, id, from, withinMs, whenLong)
      : await loadState(log, entity, id, withinMs, whenLong);
  } finally {
    leavePlace(longReads, place);
  }
};
