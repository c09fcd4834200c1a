import { Gauge, type Health, type Registry } from '@muster/runtime';
import { type Follower, lagEventsOf, lagSecondsOf, type Site } from './follower.ts';

/** Registers the metrics of a follower: one line for each site, by its URL. */
export const openFollowerMetrics = (registry: Registry, follower: Follower): void => {
  const gauge = (name: string, help: string, measure: (site: Site) => number | undefined) =>
    new Gauge({
      ...{ name: `muster_${name}`, help, labelNames: ['site'], registers: [registry] },
      collect() {
        this.reset(); // a site may be gone
        for (const site of follower.sites.values()) {
          const value = measure(site);
          if (value !== undefined) this.set({ site: site.url }, value);
        }
      },
    });
  gauge('site_lag_events', 'Events of a site that were not read yet, if the site knows how many it has', lagEventsOf);
  gauge('site_lag_seconds', 'For how long not all that a site had was adopted', (site) => lagSecondsOf(site));
  gauge('site_events', 'Events of a site that were read', ({ events }) => events);
  gauge('site_adopted', 'Events that were appended because of a site', ({ adopted }) => adopted);
  gauge('site_refused', 'States of a site that could not be adopted', ({ refused }) => refused);
  gauge('site_connected', '1 while a site is read or held open', (site) => Number(isConnected(site)));
};

// it may be asked again while nothing is missing, but a first answer must have come
const isConnected = ({ isCurrent, phase, problem }: Site): boolean =>
  problem === undefined && (isCurrent || phase !== 'asking');

/** A follower is ready while its database answers. A site that is away is no reason to restart it. */
export const readHealth = ({ database, settings, sites }: Follower): Health => ({
  ready: database.reachable,
  details: {
    site: settings.SITE,
    database: database.reachable ? 'reachable' : 'not reachable',
    sites: Object.fromEntries([...sites.values()].map((site) => [site.url, describe(site)])),
  },
});

const describe = (site: Site): object => ({
  ...{ name: site.name, phase: site.phase, problem: site.problem, isCurrent: site.isCurrent },
  ...{ lagSeconds: Math.round(lagSecondsOf(site)), lagEvents: lagEventsOf(site) },
  ...{ events: site.events, adopted: site.adopted, refused: site.refused },
});
