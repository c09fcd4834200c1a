import type { Entity, State } from '@muster/model';
import { loadPast, type Moment, type Past } from '@muster/store';
import type { Gateway } from './gateway.ts';
import { leavePlace, takePlace } from './places.ts';

/**
 * Loads a state of the past within a time. `known` is an older state to begin at. To fold more than one page of events,
 * it waits for a place: one such fold runs at once. Throws what the store throws, and an Error if too many wait.
 */
export const loadPastState = async (
  { log, longFolds, settings }: Pick<Gateway, 'log' | 'longFolds' | 'settings'>,
  entity: Entity,
  id: string,
  moment: Moment,
  deadlineMs: number,
  known?: State,
): Promise<Past> => {
  const place = { taken: false, done: false };
  const untilMs = performance.now() + deadlineMs;
  const whenLong = async () => {
    const taken = place.taken || (await takePlace(longFolds, untilMs - performance.now()));
    // the deadline may have ended the load while it waited: nobody else would leave this place
    if (taken && place.done) leavePlace(longFolds);
    place.taken = taken && !place.done;
    if (!place.taken) throw new Error('as many long streams as may be read or wait at once are being read already');
  };
  try {
    const limits = { foldedMax: settings.PAST_EVENTS_MAX, deadlineMs, whenLong };
    return await loadPast(log, entity, id, moment, limits, known);
  } finally {
    place.done = true;
    if (place.taken) leavePlace(longFolds);
  }
};
