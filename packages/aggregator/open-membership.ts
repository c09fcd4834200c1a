import { noRoster, type Roster } from '@muster/placement';
import { type DatabaseClock, type LogId, openClock } from '@muster/store';

/** This aggregator among the others. A plain value, changed in membership.ts only. */
export type Membership = {
  roster: Roster;
  clock: DatabaseClock;
  renewedAt: number; // when the lease was renewed last, on the monotonic clock
  log: LogId | undefined; // the log whose states this membership holds
  over: AbortController; // aborts when the lease has expired: then all is restored as a new member
};

/** A membership before the first join. */
export const openMembership = (): Membership => ({
  roster: noRoster,
  clock: openClock(),
  renewedAt: 0,
  log: undefined,
  over: new AbortController(),
});
