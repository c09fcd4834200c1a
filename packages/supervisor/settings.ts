import { type Environment, type Parsed, parseSettings, sharedSettings } from '@muster/runtime';
import Joi from 'joi';

/** The folder of the data, if no other one is named. */
export const usualData = './data';

export type LocalSettings = {
  PORT: number;
  HOST: string;
  DATA: string;
  MONGODB_URI?: string;
  MONGODB_PORT?: number;
  HEALTH_PORT?: number;
  AGGREGATORS: number;
  GATEWAYS: number;
  DATABASE: string;
  COPIES: number;
  LEASE_MS: number;
};

/**
 * Parses the settings of `npm start` itself. The programs that it starts read their own from the same environment.
 * Returns the settings, with times in milliseconds, or a list of all problems. Pure.
 */
export const parseLocalSettings = (environment: Environment): Parsed<LocalSettings> =>
  parseSettings(table, environment, ['MONGODB_URI']);

/** The largest number of gateways, and of aggregators, on one machine. */
export const mostOfARole = 64;

const port = Joi.number().integer().min(0).max(65_535);

const table = {
  PORT: port.default(3_000),
  HOST: Joi.string().hostname().default('127.0.0.1'),
  DATA: Joi.string().default(usualData),
  MONGODB_URI: Joi.string().pattern(/^mongodb(\+srv)?:\/\/\S+$/, 'mongodb://…'),
  MONGODB_PORT: port,
  HEALTH_PORT: port,
  AGGREGATORS: Joi.number().integer().min(1).max(mostOfARole).default(3),
  GATEWAYS: Joi.number().integer().min(1).max(mostOfARole).default(1),
  // settings of the programs, which the supervisor needs to know when all copies are complete
  DATABASE: Joi.string().default('muster'),
  COPIES: Joi.number().integer().min(1).default(2),
  LEASE_MS: sharedSettings.LEASE_MS,
};

/** The names of the settings of `npm start` itself. */
export const localSettingNames: readonly string[] = Object.keys(table);
