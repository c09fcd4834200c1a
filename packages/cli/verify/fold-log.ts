import type { Entity } from '@muster/model';
import { type Log, scanEvents } from '@muster/store';
import { openStream, type Stream, takeStored } from './fold-streams.ts';

export type FoldedLog = { streams: Map<string, Stream>; events: number };

/**
 * Folds all streams of a partition from its log, event by event. `wantedOf` tells the versions of a stream at which its
 * state is to be kept; `onEvents` hears now and then how many events have come. An event that the scan meets twice
 * makes its stream one to look at again, and counts twice.
 */
export const foldLog = async (
  log: Log,
  entities: ReadonlyMap<string, Entity>,
  partition: number,
  wantedOf: (entity: string, id: string) => ReadonlySet<number>,
  onEvents: (events: number) => void,
): Promise<FoldedLog> => {
  const folded: FoldedLog = { streams: new Map(), events: 0 };
  for await (const event of scanEvents(log, [partition], undefined)) {
    folded.events += 1;
    if (folded.events % 1_000 === 0) onEvents(folded.events);
    const key = `${event.entity}:${event.entityId}`;
    const known = folded.streams.get(key);
    const stream = known ?? openStream(event.entity, event.entityId, wantedOf(event.entity, event.entityId));
    if (!known) folded.streams.set(key, stream);
    takeStored(stream, entities.get(event.entity), event);
  }
  return folded;
};
