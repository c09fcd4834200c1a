import { killProcess } from '@muster/supervisor';
import { nextRandom, pickFrom, type Seeded } from '@muster/testing';
import { setFault } from '../fault-proxy.ts';
import { cutLink, healLink, startFollower, stopFollower, type TestSite } from './site-network.ts';

/** What goes wrong at one site, after `atMs` milliseconds and for `ms`. Links are those by which others reach it. */
export type SiteFault = {
  kind:
    | 'cut'
    | 'black-hole'
    | 'slow'
    | 'broken'
    | 'kill-follower'
    | 'kill-gateway'
    | 'kill-aggregators'
    | 'kill-mongodb';
  site: number;
  atMs: number;
  ms: number;
};

/** All kinds of faults, some of them more often. */
export const siteFaultKinds: readonly SiteFault['kind'][] = [
  ...(['cut', 'black-hole', 'slow', 'broken', 'kill-follower', 'kill-follower'] as const),
  ...(['kill-gateway', 'kill-aggregators', 'kill-mongodb'] as const),
];

const faultsMax = 4;
const roundMs = 4_000;

/** Plans the faults of a round, of these kinds. Pure, but for the random numbers. */
export const planSiteFaults = (random: Seeded, sites: number, kinds = siteFaultKinds): SiteFault[] =>
  Array.from({ length: 1 + Math.floor(nextRandom(random) * faultsMax) }, () => ({
    kind: pickFrom(random, kinds),
    site: Math.floor(nextRandom(random) * sites),
    atMs: Math.floor(nextRandom(random) * (roundMs / 2)),
    ms: Math.floor(500 + nextRandom(random) * roundMs),
  }));

/** Describes a fault in a few words. Pure. */
export const describeSiteFault = ({ kind, site, atMs, ms }: SiteFault): string =>
  `+${atMs} ms ${kind} ${site}, ${ms} ms`;

/** Lets a fault happen to a site, and ends it. What is killed runs again then, or is started by its supervisor. */
export const strikeSite = async (
  site: TestSite,
  others: readonly TestSite[],
  { kind, ms }: SiteFault,
  pause: (ms: number) => Promise<void>,
): Promise<void> => {
  const { link, test } = site;
  switch (kind) {
    case 'cut':
      await cutLink(site);
      break;
    case 'black-hole':
      await setFault(link, { blackHole: 'both' });
      break;
    case 'slow':
      await setFault(link, { delayMs: 100, jitterMs: 200, sliceBytes: 500 });
      break;
    case 'broken':
      await setFault(link, { cutAfterBytes: 3_000 });
      break;
    case 'kill-follower':
      await stopFollower(site, 'SIGKILL');
      await pause(ms / 4);
      await startFollower(site, others);
      return;
    case 'kill-gateway':
      if (test) await killProcess(test.system, 'gateway', 'SIGKILL');
      return;
    case 'kill-aggregators':
      for (const name of ['aggregator-0', 'aggregator-1'])
        if (test) await killProcess(test.system, name, 'SIGKILL').catch(() => undefined);
      return;
    case 'kill-mongodb':
      if (test) await killProcess(test.system, 'mongodb', 'SIGKILL');
      return;
  }
  await pause(ms);
  await healLink(site);
};
