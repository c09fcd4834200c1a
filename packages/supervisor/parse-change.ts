import Joi from 'joi';
import type { Restart } from './restart-rolling.ts';
import type { Wanted } from './scale-system.ts';
import { mostOfARole } from './settings.ts';

/**
 * A change that a client may request from a running supervisor. `withinMs` limits the wait for a process to get ready,
 * and the wait for complete copies, in milliseconds.
 */
export type ChangeRequest = ({ kind: 'scale' } & Wanted & Bound) | ({ kind: 'restart' } & Restart & Bound);

type Bound = { withinMs?: number };

export type ParsedChange = { kind: 'change'; request: ChangeRequest } | { kind: 'problem'; problem: string };

/** Parses a requested change from JSON. Returns the request or the problem. Pure. */
export const parseChange = (text: string): ParsedChange => {
  const { value, error } = schema.validate(parseJson(text), { convert: false });
  return error ? { kind: 'problem', problem: error.message } : { kind: 'change', request: value };
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

// All processes must share these settings, or the supervisor sets them for each. A change for some would break the
// system.
const fixed = [
  'MONGODB_URI',
  'DATABASE',
  'PARTITIONS',
  'COPIES',
  'LEASE_MS',
  'CLUSTER_SECRET',
  'HOST',
  'PORT',
  'HEALTH_PORT',
  'WIRE_PORT',
  'AGGREGATOR_NAME',
];

const settingName = Joi.string()
  .pattern(/^[A-Z][A-Z0-9_]*$/)
  .invalid(...fixed);

const count = Joi.number().integer().min(1).max(mostOfARole);
const withinMs = Joi.number().integer().min(1).max(3_600_000);

const scale = Joi.object({ kind: Joi.valid('scale').required(), aggregators: count, gateways: count, withinMs }).or(
  'aggregators',
  'gateways',
);

const rule = `expected a name in capital letters, other than ${fixed.join(', ')}`;

const settings = Joi.object()
  .pattern(settingName, Joi.string().allow('').max(1_000))
  .messages({
    'object.unknown': `{#label} cannot be changed while it runs: ${rule}`,
  });

const restart = Joi.object({ kind: Joi.valid('restart').required(), only: Joi.string().max(100), settings, withinMs });

const schema = Joi.alternatives().conditional(Joi.object({ kind: Joi.valid('restart') }).unknown(), {
  // biome-ignore lint/suspicious/noThenProperty: joi's own word
  then: restart,
  otherwise: scale,
});
