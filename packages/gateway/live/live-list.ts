import type { LiveList } from '../feed/feed.ts';
import type { Source } from './source.ts';

/** Opens a list that was not read yet. */
export const openLiveList = (source: Source): LiveList => ({
  ...{ source, subscribers: new Set(), rows: [], more: false, edge: undefined, total: undefined, asOf: undefined },
  ...{
    failingSince: undefined,
    missing: undefined,
    opening: undefined,
    position: '',
    edition: 0,
    whole: undefined,
    steps: [],
    next: 0,
    recheckAt: undefined,
    wake: undefined,
  },
});
