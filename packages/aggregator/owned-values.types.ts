import { noRoster } from '@muster/placement';
import type { Aggregator } from './aggregator.ts';
import type { Parked, Partition } from './table.ts';
import { openThings } from './things.ts';

/**
 * Never called: `tsc` checks it. Each line after an `@ts-expect-error` tries to change a value outside of the one file
 * that may change it (docs/6-architecture.md, Mutable values). If one of them compiles, the types no longer keep it so,
 * and `npm run types` fails.
 */
export const changeWhatOthersOwn = (
  { course, membership, progress, table }: Aggregator,
  partition: Partition,
  parked: Parked,
): void => {
  // table.ts
  // @ts-expect-error
  partition.served = true;
  // @ts-expect-error
  partition.owned = true;
  // @ts-expect-error
  partition.pending = undefined;
  // @ts-expect-error
  partition.surplusSince = 0;
  // @ts-expect-error
  partition.snapshot += 1;
  // @ts-expect-error
  partition.changed.clear();
  // @ts-expect-error
  partition.orders.clear();
  // @ts-expect-error
  partition.orders.get('user')?.pop();
  // @ts-expect-error
  partition.things = openThings();
  // @ts-expect-error
  partition.things.count = 0;
  // @ts-expect-error
  partition.parked.delete('user:ada');
  // @ts-expect-error
  table.set(1, partition);
  // @ts-expect-error
  table.delete(1);
  // @ts-expect-error
  parked.letters.push();

  // progress.ts
  // @ts-expect-error
  progress.unsaved += 1;
  // @ts-expect-error
  progress.snapshotting = true;
  // @ts-expect-error
  progress.restoringSince.resume = 0;

  // membership.ts
  // @ts-expect-error
  membership.renewedAt = 0;
  // @ts-expect-error
  membership.roster = noRoster;

  // course.ts
  // @ts-expect-error
  course.lifecycle = { phase: 'expired', order: 0 };
  // @ts-expect-error
  course.work.clear();
};
