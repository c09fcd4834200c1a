import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { checkDistinct, checkReferences, checkRoutes, type Entity } from '@muster/model';
import { type Environment, openHealthPort, openLogger, openMetrics, refuseSettings } from '@muster/runtime';
import { openLog, prepareDatabase } from '@muster/store';
import { dropConnections, serveRequests } from '@muster/wire';
import { type Aggregator, openAggregator } from './aggregator.ts';
import { openAnswers } from './answer-requests.ts';
import { keptOf } from './check-log.ts';
import { isBehind, lagMs } from './heart.ts';
import { documentStateOf, isStreamOpen } from './lifecycle.ts';
import { noteAddress } from './progress.ts';
import { serveAsMember } from './serve-as-member.ts';
import { parseAggregatorSettings, type Settings } from './settings.ts';

/**
 * Runs an aggregator of these entities: it joins, restores, tails and serves until the signal aborts. Then it hands
 * over, saves a last snapshot and leaves. Calls `onReady` with its name and ports. Returns the exit code: 2 for invalid
 * settings, otherwise 0. Throws SettingsConflict, NameTaken, and an Error when a port is taken.
 */
export const runAggregator = async (
  entities: readonly Entity[],
  environment: Environment,
  signal: AbortSignal,
  onReady: (ready: { name: string; port: number; healthPort: number }) => void,
): Promise<number> => {
  const parsed = parseAggregatorSettings(environment);
  if (parsed.kind === 'problems') return refuseSettings('the aggregator', parsed.problems);
  const { settings } = parsed;
  checkDistinct(entities);
  checkReferences(entities);
  checkRoutes(entities);
  const name = nameOf(settings);
  const logger = openLogger(name, settings.LOG_LEVEL);
  const registry = openMetrics(name);
  await using log = openLog({ uri: settings.MONGODB_URI, database: settings.DATABASE, appName: `muster-${name}` });
  const aggregator = openAggregator({ name, settings, entities, log, logger, registry });
  await using health = await openHealthPort(settings.HOST, settings.HEALTH_PORT, registry, () =>
    readHealth(aggregator),
  );
  await using service = await serveRequests({
    host: settings.HOST,
    port: settings.WIRE_PORT,
    secret: settings.CLUSTER_SECRET,
    identity: () => ({ name, incarnation: aggregator.heart.incarnation, database: settings.DATABASE }),
    answers: openAnswers(aggregator),
    onProblem: ({ kind, message }) => logger.warn({ kind }, message),
    onError: (error) => logger.warn({ err: error }, 'A request could not be answered'),
  });
  const address = addressOf(settings, service.port);
  noteAddress(aggregator.progress, address, health.port);
  logger.info({ address, healthPort: health.port }, 'Started, joining');

  if (!(await prepareDatabase(keptOf(aggregator), signal))) return 0;
  await serveAsMember(aggregator, signal, {
    onAnew: () => dropConnections(service), // the others must not take this incarnation for the former one
    onServing: () => onReady({ name, port: service.port, healthPort: health.port }),
  });
  return 0;
};

// the process id distinguishes aggregators on one machine; in a container, both parts stay the same over restarts
const nameOf = ({ AGGREGATOR_NAME }: Settings): string =>
  AGGREGATOR_NAME ?? (`${hostname()}-${process.pid}`.slice(-64) || randomBytes(6).toString('hex'));

// nobody can connect to 0.0.0.0, so publish the name of the machine or the container
const addressOf = ({ HOST, ADVERTISED_HOST, ADVERTISED_PORT }: Settings, port: number): string =>
  `${ADVERTISED_HOST ?? (HOST === '0.0.0.0' ? hostname() : HOST)}:${ADVERTISED_PORT || port}`;

const readHealth = ({ course, heart, table, name }: Aggregator) => {
  const held = [...table.values()];
  const count = (flag: 'served' | 'owned') => held.filter((partition) => partition[flag]).length;
  const state = documentStateOf(course.lifecycle);
  const streamOpen = isStreamOpen(course.lifecycle);
  const ready = state === 'serving' && streamOpen && !isBehind(heart);
  const about = { name, state, phase: course.lifecycle.phase, streamOpen, lagMs: Math.round(lagMs(heart)) };
  return { ready, details: { ...about, partitions: held.length, served: count('served'), owned: count('owned') } };
};
