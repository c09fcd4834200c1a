import type { SiteDocument } from '@muster/store';
import { describeTable } from '../describe-table.ts';

/** Describes the sites that are followed as a table. Pure. */
export const describeSites = (sites: readonly SiteDocument[], now: Date): string => {
  if (sites.length === 0) return 'No site is followed. Add one with: muster sites add https://oslo.example.com';
  const table = describeTable([
    ['url', 'name', 'read', 'events', 'adopted', 'refused', 'state'],
    ...sites.map((site) => rowOf(site, now)),
  ]);
  const refused = sites.some((site) => site.refused > 0);
  return refused ? `${table}\nThe log of the follower says why it refused states` : table;
};

const rowOf = ({ _id: url, name = '?', readAt, events, adopted, refused, problem }: SiteDocument, now: Date) => [
  url,
  name,
  readAt ? `${describeAge(now.getTime() - readAt.getTime())} ago` : 'never',
  ...[events, adopted, refused].map(String),
  problem ?? stateOf(readAt, now),
];

const stateOf = (readAt: Date | undefined, now: Date): string => {
  if (!readAt) return 'not read yet: does muster follow run?';
  return now.getTime() - readAt.getTime() < quietMs ? 'followed' : 'not read any more: does muster follow run?';
};

// a follower notes each 10 s that a site has nothing more
const quietMs = 60_000;

const describeAge = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
};
