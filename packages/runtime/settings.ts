import Joi from 'joi';

export type Environment = Record<string, string | undefined>;

export type Parsed<Settings> = { kind: 'settings'; settings: Settings } | { kind: 'problems'; problems: string[] };

/**
 * Parses a program's settings from the environment by its table (name → joi schema). Returns all problems at once, each
 * with the name, the value found and what is expected. Pure. An empty variable counts as unset, because docker compose
 * passes unset ones as empty. Values of names in `secret` are not shown.
 */
export const parseSettings = <Settings>(
  table: Record<string, Joi.Schema>,
  environment: Environment,
  secret: readonly string[] = [],
): Parsed<Settings> => {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => Object.hasOwn(table, name) && value !== ''),
  );
  const { value, error } = Joi.object(table).validate(given, { abortEarly: false });
  if (!error) return { kind: 'settings', settings: value };
  return { kind: 'problems', problems: error.details.map((detail) => describe(detail, secret)) };
};

const describe = ({ message, path, context }: Joi.ValidationErrorItem, secret: readonly string[]) => {
  const value: unknown = context?.value;
  // joi quotes the value itself when a pattern does not match
  if (secret.includes(String(path[0]))) return `${message.replaceAll(`"${value}"`, '"***"')} (the value is not shown)`;
  return `${message} (found ${value === undefined ? 'nothing' : JSON.stringify(value)})`;
};

/** The default lease of an aggregator, in milliseconds (LEASE_MS). */
export const defaultLeaseMs = 3_000;

/** The settings whose values must not be shown. */
export const secretSettings = ['MONGODB_URI', 'CLUSTER_SECRET'];

/**
 * The settings that both programs share: the database, the wire's secret, the health port and the log level. Times are
 * in milliseconds.
 */
export const sharedSettings = {
  MONGODB_URI: Joi.string()
    // not `uri()`: it refuses the URI of a replica set with several hosts
    .pattern(/^mongodb(\+srv)?:\/\/\S+$/, 'mongodb://…')
    .required(),
  CLUSTER_SECRET: Joi.string().min(16).max(256).required(),
  DATABASE: Joi.string()
    .pattern(/^[A-Za-z0-9_-]{1,38}$/)
    .default('muster'),
  HOST: Joi.string().hostname().default('127.0.0.1'),
  HEALTH_PORT: Joi.number().integer().min(0).max(65_535).default(0),
  LOG_LEVEL: Joi.string().valid('trace', 'debug', 'info', 'warn', 'error', 'silent').default('info'),
  PARTITIONS: Joi.number().integer().min(1).max(1_024).default(32),
  LEASE_MS: Joi.number().integer().min(500).max(60_000).default(defaultLeaseMs),
};

const siteForm = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Whether a value can be the name of a site. Empty is the name of a Muster that is none. */
export const isSiteName = (value: unknown): boolean =>
  typeof value === 'string' && (value === '' || siteForm.test(value));

/** The setting SITE: the name of this Muster among those that share things, or empty. */
export const siteName = Joi.string().pattern(siteForm, 'small letters, digits and -').allow('').default('');

export type SharedSettings = {
  MONGODB_URI: string;
  CLUSTER_SECRET: string;
  DATABASE: string;
  HOST: string;
  HEALTH_PORT: number;
  LOG_LEVEL: string;
  PARTITIONS: number;
  LEASE_MS: number;
};
