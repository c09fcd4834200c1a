import { join, resolve } from 'node:path';
import { type Environment, type Parsed, parseSettings } from '@muster/runtime';
import Joi from 'joi';

/** A site on this machine: its name, its address, and the environments of `muster start` and `muster follow`. */
export type SitePlan = { name: string; url: string; start: Environment; follow: Environment };

export type SitesSettings = { PORT: number; DATA: string };

/** The names of the sites. Each has a folder of this name. */
export const siteNames = ['oslo', 'lima', 'kyiv'] as const;

/**
 * Parses the settings of `npm run sites` itself. `PORT` is the first of three ports, 0 stands for free ones. Returns
 * the settings, or a list of all problems. Pure.
 */
export const parseSitesSettings = (environment: Environment): Parsed<SitesSettings> => {
  const parsed = parseSettings<SitesSettings>(table, environment, []);
  const problems = [
    ...(environment.MONGODB_URI
      ? ['MONGODB_URI is set, but each of these sites has an embedded MongoDB of its own: unset it']
      : []),
    ...(environment.AUTH === 'on' ? ['AUTH is on, but these sites have no keys for each other yet: unset it'] : []),
  ];
  if (problems.length === 0) return parsed;
  return { kind: 'problems', problems: [...problems, ...(parsed.kind === 'problems' ? parsed.problems : [])] };
};

const table = {
  PORT: Joi.number()
    .integer()
    .min(0)
    .max(65_535 - siteNames.length + 1)
    .default(3_000),
  DATA: Joi.string().default('./data/sites'),
};

/** Plans one site for each port. Each follows all others, and lets the pages of all of them read it. Pure. */
export const planSites = (environment: Environment, dataPath: string, ports: readonly number[]): SitePlan[] => {
  // a secret belongs to one installation only
  const { CLUSTER_SECRET: _, CLUSTER_SECRET_FILE: __, ...given } = environment;
  const origins = ports.flatMap((port) => ['127.0.0.1', 'localhost'].map((host) => `http://${host}:${port}`));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  return siteNames.map((name, index) => {
    const url = urls[index] ?? '';
    const own = { SITE: name, DATA: join(resolve(dataPath), name), HOST: '127.0.0.1', HEALTH_PORT: '0' };
    const sizes = { GATEWAYS: '1', AGGREGATORS: given.AGGREGATORS || '2' };
    const opened = {
      PORT: String(ports[index]),
      MONGODB_PORT: '0',
      CORS_ORIGINS: given.CORS_ORIGINS || origins.join(),
    };
    return {
      ...{ name, url },
      start: { ...given, ...own, ...sizes, ...opened },
      follow: { ...given, ...own, SITES: urls.filter((other) => other !== url).join() },
    };
  });
};
