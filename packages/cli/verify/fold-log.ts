import type { Entity } from '@muster/model';
import { type Log, scanEvents } from '@muster/store';
import { openStream, type Stream, takeStored } from './fold-streams.ts';

export type FoldedLog = { streams: Map<string, Stream>; events: number; reusedIds: string[] };

/**
 * Folds all streams of a partition from its log, event by event. `wantedOf` tells the versions of a stream at which its
 * state is to be kept; `onEvents` hears now and then how many events have come.
 */
export const foldLog = async (
  log: Log,
  entities: ReadonlyMap<string, Entity>,
  partition: number,
  wantedOf: (entity: string, id: string) => ReadonlySet<number>,
  onEvents: (events: number) => void,
): Promise<FoldedLog> => {
  const streams = new Map<string, Stream>();
  // which place each event's id has: a scan may meet one event twice, but no id may have two places
  const seen = new Map<string, string>();
  const folded: FoldedLog = { streams, events: 0, reusedIds: [] };
  for await (const event of scanEvents(log, [partition], undefined)) {
    const key = `${event.entity}:${event.entityId}`;
    const place = seen.get(event._id);
    if (place !== undefined) {
      if (place !== `${key}:${event.version}`) folded.reusedIds.push(event._id);
      continue;
    }
    seen.set(event._id, `${key}:${event.version}`);
    folded.events += 1;
    if (folded.events % 1_000 === 0) onEvents(folded.events);
    const stream = streams.get(key) ?? openStream(event.entity, event.entityId, wantedOf(event.entity, event.entityId));
    streams.set(key, stream);
    takeStored(stream, entities.get(event.entity), event);
  }
  return folded;
};
