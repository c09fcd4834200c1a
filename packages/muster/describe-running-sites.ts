import type { Entity } from '@muster/model';
import { describeProcesses, type RunningProcess, type SitePlan } from '@muster/supervisor';
import { tryCreating } from './try-it.ts';

/** Returns what is printed when sites run on this machine: where they are, where to look, and what to try. Pure. */
export const describeRunningSites = (
  sites: readonly SitePlan[],
  followers: readonly RunningProcess[],
  entity: Entity,
  entities: readonly Entity[],
): string[] => {
  const [first, second] = sites;
  if (!first || !second) return [];
  const query = [...sites.map(({ url }) => `site=${url}`), `entity=${entity.name}`].join('&');
  return [
    ...['', `${sites.length} sites run here, and each follows the others:`],
    ...sites.map(({ name, url }) => `  ${name}  ${url}`),
    ...['', ...describeProcesses(followers)],
    ...['', 'See how they become equal:', `  ${first.url}/docs/sites?${query}`],
    ...['', 'Write at one, and read at another:'],
    ...requestsOf(entity, entities, first.url, second.url).map((request) => `  ${request}`),
    ...['', 'Ctrl-C stops all of them.'],
  ];
};

const requestsOf = (entity: Entity, entities: readonly Entity[], writeAt: string, readAt: string): string[] => {
  if (entity.name !== 'record') return [...tryCreating(entity, writeAt, entities), `curl -i ${readAt}${entity.path}`];
  const entry = JSON.stringify({ name: 'marketing', author: 'ada', timestamp: '2026-01-31T12:00:00Z' });
  return [
    `curl -i ${writeAt}/update -H 'content-type: application/json' -d '${entry}'`,
    `curl -i '${readAt}/get?name=marketing'`,
  ];
};
