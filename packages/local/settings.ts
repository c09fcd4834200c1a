import { type Environment, type Parsed, parseSettings } from '@muster/runtime';
import Joi from 'joi';

export type LocalSettings = {
  PORT: number;
  HOST: string;
  DATA: string;
  MONGODB_URI?: string;
  MONGODB_PORT?: number;
  HEALTH_PORT?: number;
  AGGREGATOR_COUNT: number;
};

/** The settings of `npm start` itself; the programs it starts read theirs from the same environment. Pure. */
export const parseLocalSettings = (environment: Environment): Parsed<LocalSettings> => parseSettings(table, environment, ['MONGODB_URI']);

const port = Joi.number().integer().min(0).max(65_535);

const table = {
  PORT: port.default(3_000),
  HOST: Joi.string().hostname().default('127.0.0.1'),
  DATA: Joi.string().default('./data'),
  MONGODB_URI: Joi.string().pattern(/^mongodb(\+srv)?:\/\/\S+$/, 'mongodb://…'),
  MONGODB_PORT: port,
  HEALTH_PORT: port,
  AGGREGATOR_COUNT: Joi.number().integer().min(1).max(64).default(3),
};
