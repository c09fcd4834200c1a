import { noRoster, type Roster } from '@muster/placement';
import { type DatabaseClock, type LogId, openClock } from '@muster/store';

/**
 * The members list and this aggregator's own lease. Any file may read it. Only membership.ts changes it, and the types
 * enforce this.
 */
export type Membership = {
  readonly roster: Roster;
  readonly clock: DatabaseClock;
  readonly renewedAt: number; // when the lease was last renewed, on the monotonic clock; 0 if not a member
  readonly log: LogId | undefined; // the log from which the states in memory come
};

/** A membership before the first join. */
export const openMembership = (): Membership => ({
  roster: noRoster,
  clock: openClock(),
  renewedAt: 0,
  log: undefined,
});
