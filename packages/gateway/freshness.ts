import type { MinVersion } from '@muster/wire';
import type { Ring } from './feed/ring.ts';
import { keepWritesMs, type Remembered, recentWrites } from './remembered.ts';

/** What an answer about many things must contain, and whether the snapshot may answer where no replica does. */
export type Freshness = {
  minVersions: (partitions: Iterable<number>) => MinVersion[];
  maySnapshot: boolean;
};

/** An answer with the writes of this gateway. A replica whose lag is short has all older ones. */
export const withOwnWrites = (remembered: Remembered): Freshness => ({
  minVersions: (partitions) => recentWrites(remembered, partitions),
  maySnapshot: true,
});

/**
 * An answer with all events of the feed, too. A replica applies the events of a partition in the order of the log, as
 * the feed reads them. So the newest one stands for all before it.
 */
export const withFeed = (remembered: Remembered, { newest }: Ring, maySnapshot: boolean): Freshness => ({
  minVersions: (partitions) => {
    const since = performance.now() - keepWritesMs;
    const ofFeed = [...partitions].flatMap((partition): MinVersion[] => {
      const last = newest.get(partition);
      return last && last.at >= since ? [[last.event.entity, last.event.entityId, last.event.version]] : [];
    });
    return [...recentWrites(remembered, partitions), ...ofFeed];
  },
  maySnapshot,
});
