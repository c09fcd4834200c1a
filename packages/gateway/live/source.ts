import type { Entity, Fault, Key } from '@muster/model';
import type { StoredEvent } from '@muster/store';
import type { Change, Needs } from '../feed/states.ts';
import type { Freshness } from '../freshness.ts';
import type { About } from '../partition-counts.ts';
import type { Problem } from '../problem.ts';
import type { Row } from './diff-rows.ts';

/** What a live list shows, and how it is read. */
export type Source = {
  key: string; // the same for all that show the same
  entity: Entity;
  id: string | undefined; // of the thing, if it shows only one
  rowName: 'id' | 'key'; // what its rows are known by
  read: (freshness: Freshness, minVersion: number) => Promise<SourceRead>;
  needs: Needs; // what it must know of an event, to say whether the rows may change
  mayChange: (shown: Shown, event: StoredEvent, change: Change | undefined) => boolean | 'unclear';
};

/**
 * The rows as last read, and whether there are further ones behind them. `edge`: the sort keys of the thing before
 * them, if the page begins at an offset.
 */
export type Shown = { rows: readonly Row[]; more: boolean; edge?: readonly Key[] | undefined };

/** What was read. `missing` says why there are no rows, if there should be one. */
export type SourceRead =
  | ({ kind: 'shown'; total: number | undefined; about: Pick<About, 'asOf'>; missing?: Problem } & Shown)
  | { kind: 'problem'; problem: Problem };

/** A source, or what is wrong with the parameters of its address. */
export type ParsedSource = { kind: 'source'; source: Source } | { kind: 'faults'; faults: Fault[] };
