import { type Environment, type Parsed, parseWithSecret, sharedSettings } from '@muster/runtime';
import Joi from 'joi';

export type CliSettings = {
  MONGODB_URI?: string;
  CLUSTER_SECRET?: string;
  DATABASE: string;
  DATA: string;
  COPIES: number;
  LEASE_MS: number;
};

/** Where the commands look for the running system, from the environment and the file of the secret if one is named. */
export const parseCliSettings = (environment: Environment): Parsed<CliSettings> => parseWithSecret(table, environment);

const table = {
  // no `uri()`: one that names several hosts is none to it
  MONGODB_URI: Joi.string().pattern(/^mongodb(\+srv)?:\/\/\S+$/),
  CLUSTER_SECRET: sharedSettings.CLUSTER_SECRET.optional(),
  DATABASE: Joi.string()
    .pattern(/^[A-Za-z0-9_-]{1,38}$/)
    .default('muster'),
  DATA: Joi.string().default('./data'),
  // the aggregators' own
  COPIES: Joi.number().integer().min(1).default(2),
  LEASE_MS: sharedSettings.LEASE_MS,
};
