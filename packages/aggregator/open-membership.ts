import { noRoster, type Roster } from '@muster/placement';
import { type DatabaseClock, type LogId, openClock } from '@muster/store';

/**
 * This aggregator among the others: the members list and its own lease. Everybody may read it; only the functions of
 * membership.ts change it, and the types keep it so.
 */
export type Membership = {
  readonly roster: Roster;
  readonly clock: DatabaseClock;
  readonly renewedAt: number; // when the lease was renewed last, on the monotonic clock; 0: no member
  readonly log: LogId | undefined; // the log whose states this membership holds
};

/** A membership before the first join. */
export const openMembership = (): Membership => ({
  roster: noRoster,
  clock: openClock(),
  renewedAt: 0,
  log: undefined,
});
