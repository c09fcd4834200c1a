import {
  type Environment,
  type Parsed,
  parseWithSecret,
  type SharedSettings,
  sharedSettings,
  siteName,
} from '@muster/runtime';
import Joi from 'joi';

export type Settings = SharedSettings & {
  PORT: number;
  WRITE_DEADLINE_MS: number;
  REPLICA_DEADLINE_MS: number;
  DATABASE_DEADLINE_MS: number;
  REQUESTS_MAX: number;
  PAST_EVENTS_MAX: number;
  STREAM_QUEUE_MAX: number;
  APPEND_LANES: number;
  APPEND_BATCH_MAX: number;
  APPEND_QUEUE_MAX: number;
  REQUIRE_IF_MATCH: boolean;
  AUTH: 'auto' | 'on' | 'off';
  JWKS_URL: string;
  JWT_ISSUER: string;
  JWT_AUDIENCE: string;
  RATE_LIMIT: string;
  CORS_ORIGINS: string;
  TRUST_PROXY_HOPS: number;
  LEGACY_ROUTES: 'auto' | 'on' | 'off';
  ACCESS_LOG: boolean;
  LIVE_RING_EVENTS: number;
  LIVE_RING_BYTES: number;
  LIVE_CATCHUPS: number;
  LIVE_CONNECTIONS_MAX: number;
  LIVE_CLIENT_MAX: number;
  TRACING: boolean;
  SITE: string;
};

/** Parses the gateway's settings from its environment and, if named, the secret's file. Times are in milliseconds. */
export const parseGatewaySettings = (environment: Environment): Parsed<Settings> =>
  parseWithSecret<Settings>(table, environment);

const table = {
  ...sharedSettings,
  PORT: Joi.number().integer().min(0).max(65_535).default(3_000),
  WRITE_DEADLINE_MS: Joi.number().integer().min(50).max(60_000).default(1_700),
  REPLICA_DEADLINE_MS: Joi.number().integer().min(10).max(10_000).default(100),
  DATABASE_DEADLINE_MS: Joi.number().integer().min(50).max(60_000).default(1_500),
  REQUESTS_MAX: Joi.number().integer().min(1).default(5_000),
  PAST_EVENTS_MAX: Joi.number().integer().min(1).default(100_000),
  STREAM_QUEUE_MAX: Joi.number().integer().min(1).default(1_000),
  APPEND_LANES: Joi.number().integer().min(1).max(16).default(2),
  APPEND_BATCH_MAX: Joi.number().integer().min(1).max(10_000).default(500),
  APPEND_QUEUE_MAX: Joi.number().integer().min(1).default(10_000),
  REQUIRE_IF_MATCH: Joi.boolean().default(false),
  AUTH: Joi.valid('auto', 'on', 'off').default('auto'),
  JWKS_URL: Joi.string()
    .pattern(/^(https:\/\/\S+|http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?\/\S*)$/, 'an address with https')
    .allow('')
    .default(''),
  JWT_ISSUER: Joi.string().allow('').default(''),
  // without it, a token for another service of the same provider would count here
  JWT_AUDIENCE: Joi.string()
    .allow('')
    .default('')
    .when('JWKS_URL', { is: '', otherwise: Joi.string().disallow('').required() }),
  RATE_LIMIT: Joi.string()
    .pattern(/^[1-9]\d{0,6}\/[1-9]\d{0,4}$/, 'requests/seconds, such as 100/10')
    .allow('')
    .default(''),
  CORS_ORIGINS: Joi.string()
    .pattern(/^(\*|https?:\/\/[^\s,/]+(,https?:\/\/[^\s,/]+)*)$/, '*, or origins with commas between')
    .allow('')
    .default(''),
  TRUST_PROXY_HOPS: Joi.number().integer().min(0).max(10).default(0),
  LEGACY_ROUTES: Joi.valid('auto', 'on', 'off').default('auto'),
  ACCESS_LOG: Joi.boolean().default(false),
  LIVE_RING_EVENTS: Joi.number().integer().min(1).default(10_000),
  LIVE_RING_BYTES: Joi.number().integer().min(1_000).default(16_777_216),
  LIVE_CATCHUPS: Joi.number().integer().min(1).max(100).default(8),
  LIVE_CONNECTIONS_MAX: Joi.number().integer().min(1).default(10_000),
  LIVE_CLIENT_MAX: Joi.number().integer().min(1).default(100),
  TRACING: Joi.boolean().default(false),
  SITE: siteName,
};
