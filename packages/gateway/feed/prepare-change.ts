import type { Entity } from '@muster/model';
import type { Gateway } from '../gateway.ts';
import { wakeLists } from '../live/wake-lists.ts';
import { loadChange } from './load-change.ts';
import type { Entry } from './ring.ts';
import { findChange, type Needs } from './states.ts';
import { pumpAll } from './subscribers.ts';

const loadingMax = 64;

/**
 * Whether it is known what an event of the ring did. If not, that is looked up, unless too much is looked up already.
 * Then all subscribers and lists are called to go on.
 */
export const prepareChange = (gateway: Gateway, entity: Entity, entry: Entry, needs: Needs): boolean => {
  const { feed } = gateway;
  if (entry.change === 'lost') return true;
  if (entry.change === 'loading') return false;
  if (entry.change?.kind === 'unclear' || (entry.change && (needs === 'after' || entry.change.before))) return true;
  const found = findChange(feed.states, entity, entry.event);
  if (found) {
    entry.change = found;
    return true;
  }
  if (feed.loading < loadingMax && feed.running) void load(gateway, entity, entry, needs, feed.running.signal);
  return false;
};

const load = async (gateway: Gateway, entity: Entity, entry: Entry, needs: Needs, signal: AbortSignal) => {
  const { feed, logger } = gateway;
  entry.change = 'loading';
  feed.loading += 1;
  try {
    entry.change = await loadChange(gateway, feed.states, entity, entry.event, needs, signal);
  } catch (error) {
    entry.change = 'lost';
    if (!signal.aborted) logger.warn({ err: error }, 'The feed cannot find the state around an event');
  } finally {
    feed.loading -= 1;
    callSoon(gateway);
  }
};

/** Calls subscribers and lists once for all that is found in a turn of the event loop. */
const callSoon = ({ feed }: Gateway) => {
  if (feed.isCalling) return;
  feed.isCalling = true;
  setImmediate(() => {
    feed.isCalling = false;
    pumpAll(feed);
    wakeLists(feed);
  });
};
