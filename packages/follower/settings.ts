import {
  type Environment,
  type Parsed,
  parseSettings,
  type SharedSettings,
  sharedSettings,
  siteName,
} from '@muster/runtime';
import Joi from 'joi';
import { parseSiteUrl, withoutPassword } from './parse-site-url.ts';
import { parseSiteKeys, type SiteKeys } from './site-keys.ts';

export type Settings = Pick<
  SharedSettings,
  'MONGODB_URI' | 'DATABASE' | 'HOST' | 'HEALTH_PORT' | 'LOG_LEVEL' | 'PARTITIONS'
> & {
  SITE: string;
  SITES: readonly string[]; // URLs
  SITE_KEYS: SiteKeys;
  SITE_KEYS_FILE: string; // in place of SITE_KEYS; empty without one
  FOLLOW: 'auto' | 'hold' | 'poll';
  FOLLOW_POLL_MS: number;
  FOLLOW_BATCH_MAX: number;
  FOLLOW_SILENT_MS: number;
};

/** Parses the settings of a follower from its environment. Times are in milliseconds. Pure. */
export const parseFollowerSettings = (environment: Environment): Parsed<Settings> => {
  const parsed = parseSettings<Settings>(table, environment, ['MONGODB_URI', 'SITE_KEYS']);
  // somebody may have put a password into one of SITES
  return parsed.kind === 'settings' ? parsed : { kind: 'problems', problems: parsed.problems.map(withoutPassword) };
};

const { MONGODB_URI, DATABASE, HOST, HEALTH_PORT, LOG_LEVEL, PARTITIONS } = sharedSettings;

const urls = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const parsed = parseSiteUrl(part);
      if (parsed.kind === 'problem') throw new Error(parsed.problem);
      return parsed.url;
    });

const table = {
  ...{ MONGODB_URI, DATABASE, HOST, HEALTH_PORT, LOG_LEVEL, PARTITIONS },
  // without a name, this site would take its own events for those of another one
  SITE: siteName.empty('').required(),
  SITES: Joi.string().custom(urls).default([]),
  SITE_KEYS: Joi.string().custom(parseSiteKeys).default(parseSiteKeys('')),
  SITE_KEYS_FILE: Joi.string().default(''),
  FOLLOW: Joi.valid('auto', 'hold', 'poll').default('auto'),
  FOLLOW_POLL_MS: Joi.number().integer().min(100).max(86_400_000).default(10_000),
  FOLLOW_BATCH_MAX: Joi.number().integer().min(1).max(5_000).default(500),
  // a gateway sends a bookmark every 15 s
  FOLLOW_SILENT_MS: Joi.number().integer().min(100).max(600_000).default(40_000),
};
