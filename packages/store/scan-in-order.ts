import { decodeEvent } from './decode-event.ts';
import type { StoredEvent } from './documents.ts';
import type { Log } from './open-log.ts';
import { readRaw } from './read-raw.ts';

/** What an event is known by: its stream and its version. */
export type EventKey = { entity: string; entityId: string; version: number };

/**
 * Streams the events of an entity, or of one of its things, ordered by id and version; behind the event `after` if
 * given. Throws DeadlineError when a batch takes longer than `batchMs` milliseconds.
 */
export async function* scanInOrder(
  log: Log,
  entity: string,
  entityId: string | undefined,
  after: EventKey | undefined,
  batchMs: number,
): AsyncGenerator<StoredEvent> {
  const ids = entityId === undefined ? (after ? { entityId: { $gte: after.entityId } } : {}) : { entityId };
  const read = {
    ...{ collection: 'Events', filter: { entity, ...ids }, sort: { entity: 1, entityId: 1, version: 1 } },
    ...{ batchMs, what: `scan the events of ${entity}` },
  };
  for await (const batch of readRaw(log, read))
    for (const bytes of batch) {
      const event = decodeEvent(bytes, 0);
      if (!after || event.entityId !== after.entityId || event.version > after.version) yield event;
    }
}
