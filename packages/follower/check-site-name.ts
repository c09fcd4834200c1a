import type { Follower, Site } from './follower.ts';

/**
 * Throws an Error if a site has the name of this one, or that of a followed site that was added earlier, even if that
 * one is away. A merge may settle ties by the names of sites, which works only if no two are the same. What was adopted
 * cannot be taken back, and what is not read yet can be read later. So the site is not read.
 */
export const checkSiteName = ({ settings, sites }: Follower, site: Site): void => {
  const named = `the Muster at ${site.url} has the name "${site.name}"`;
  if (site.name === settings.SITE) throw new Error(`${named}, as this one: give each site its own SITE`);
  const earlier = namesakesOf(sites, site).find((other) => isEarlier(other, site));
  if (!earlier) return;
  const remedy = 'give each site its own SITE, or remove one of the two addresses if both are one site';
  throw new Error(`${named}, as the one at ${earlier.url}, which was added before: ${remedy}`);
};

/** Ends the feeds of sites that were added after this one and have its name. Then `checkSiteName` refuses them. */
export const leaveLaterNamesakes = ({ sites }: Follower, site: Site): void => {
  for (const later of namesakesOf(sites, site)) if (isEarlier(site, later)) later.feed?.close();
};

const namesakesOf = (sites: ReadonlyMap<string, Site>, { name, url }: Site): Site[] =>
  [...sites.values()].filter((other) => other.url !== url && other.name === name && name !== '');

// the same after each restart
const isEarlier = (one: Site, other: Site): boolean => {
  const apart = one.addedAt.getTime() - other.addedAt.getTime();
  return apart < 0 || (apart === 0 && one.url < other.url);
};
