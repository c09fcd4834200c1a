import { type Environment, type Parsed, parseWithSecret, type SharedSettings, sharedSettings } from '@muster/runtime';
import Joi from 'joi';

export type Settings = SharedSettings & {
  AGGREGATOR_NAME?: string;
  COPIES: number;
  WIRE_PORT: number;
  ADVERTISED_HOST?: string;
  ADVERTISED_PORT: number;
  SNAPSHOT_EVERY: number;
  SNAPSHOT_AFTER_MS: number;
  SNAPSHOT_DEADLINE_MS: number;
  CHECKPOINT_EVERY_MS: number;
  HEARTBEAT_EVERY_MS: number;
  SCAN_OVERLAP_MS: number;
  HANDOVER_MS: number;
  EVICT_AFTER_MS: number;
};

/**
 * Parses an aggregator's settings from its environment, and from the secret file if the environment names one. Returns
 * the settings, with times in milliseconds, or a list of all problems.
 */
export const parseAggregatorSettings = (environment: Environment): Parsed<Settings> =>
  parseWithSecret<Settings>(table, environment);

const table = {
  ...sharedSettings,
  AGGREGATOR_NAME: Joi.string().pattern(/^[A-Za-z0-9._-]{1,64}$/),
  COPIES: Joi.number().integer().min(1).max(8).default(2),
  WIRE_PORT: Joi.number().integer().min(0).max(65_535).default(0),
  ADVERTISED_HOST: Joi.string().hostname().invalid('0.0.0.0'),
  // 0 stands for WIRE_PORT; set another port if a proxy or a port mapping is in front
  ADVERTISED_PORT: Joi.number().integer().min(0).max(65_535).default(0),
  SNAPSHOT_EVERY: Joi.number().integer().min(1).default(100),
  SNAPSHOT_AFTER_MS: Joi.number().integer().min(10).default(2_000),
  SNAPSHOT_DEADLINE_MS: Joi.number().integer().min(100).default(15_000),
  CHECKPOINT_EVERY_MS: Joi.number().integer().min(100).default(30_000),
  HEARTBEAT_EVERY_MS: Joi.number()
    .integer()
    .min(50)
    // at least three per lease: one late heartbeat must not let the lease expire
    .max(Joi.ref('LEASE_MS', { adjust: (leaseMs: number) => Math.min(2_000, leaseMs / 3) }))
    .default(({ LEASE_MS }: { LEASE_MS: number }) => Math.min(1_000, Math.floor(LEASE_MS / 3))),
  HANDOVER_MS: Joi.number().integer().min(0).max(15_000).default(10_000),
  SCAN_OVERLAP_MS: Joi.number().integer().min(0).default(60_000),
  EVICT_AFTER_MS: Joi.number().integer().min(0).default(10_000),
};
