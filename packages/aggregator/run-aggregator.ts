import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { checkDistinct, type Entity } from '@muster/model';
import {
  aborted,
  type Environment,
  openHealthPort,
  openLogger,
  openMetrics,
  refuseSettings,
  repeat,
} from '@muster/runtime';
import { isFinal, leaveMembers, openLog, prepareDatabase } from '@muster/store';
import { dropConnections, serveRequests } from '@muster/wire';
import { type Aggregator, openAggregator } from './aggregator.ts';
import { openAnswers } from './answer-requests.ts';
import { checkLog, keptOf } from './check-log.ts';
import { handOver } from './hand-over.ts';
import { isBehind, lagMs } from './heart.ts';
import { beat, NameTaken, refreshRoster } from './membership.ts';
import { rebalance } from './rebalance.ts';
import { parseAggregatorSettings, type Settings } from './settings.ts';
import { saveSnapshot } from './snapshot.ts';
import { tailLog } from './tail.ts';
import { trimChanged } from './trim-changed.ts';

/**
 * Runs an aggregator of these entities: joins, restores, tails and serves until the signal aborts, then hands over,
 * saves a last snapshot and leaves. `onReady` hears of its name and ports. Gives the exit code: 2 for settings that
 * cannot be, 0 otherwise. Throws when a port is taken, SettingsConflict and NameTaken.
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
  aggregator.progress.address = addressOf(settings, service.port);
  aggregator.progress.healthPort = health.port;
  logger.info({ address: aggregator.progress.address, healthPort: health.port }, 'Started, joining');

  if (!(await prepareDatabase(keptOf(aggregator), signal))) return 0;
  const greetAnew = () => dropConnections(service); // the others must not take this incarnation for the former one
  await serveAsMember(aggregator, signal, greetAnew, () =>
    onReady({ name, port: service.port, healthPort: health.port }),
  );
  await leave(aggregator);
  return 0;
};

// the process id tells apart those on one machine; in a container both stay the same over restarts
const nameOf = ({ AGGREGATOR_NAME }: Settings): string =>
  AGGREGATOR_NAME ?? (`${hostname()}-${process.pid}`.slice(-64) || randomBytes(6).toString('hex'));

// nobody finds a process at "everywhere": there it is the machine's, or the container's, own name that is known
const addressOf = ({ HOST, ADVERTISED_HOST, ADVERTISED_PORT }: Settings, port: number): string =>
  `${ADVERTISED_HOST ?? (HOST === '0.0.0.0' ? hostname() : HOST)}:${ADVERTISED_PORT || port}`;

/** Tails and serves until `signal` aborts, and on until what is served here is served elsewhere. Throws NameTaken. */
const serveAsMember = async (
  aggregator: Aggregator,
  signal: AbortSignal,
  onAnew: () => void,
  onServing: () => void,
): Promise<void> => {
  const over = new AbortController();
  const onFailure = (error: unknown) => isFatal(error) && over.abort(error);
  const every = (ms: number, task: (aggregator: Aggregator) => Promise<void>) =>
    repeat(
      () => task(aggregator),
      () => ms,
      over.signal,
      onFailure,
    );
  // none waits for another: a lease must not expire because something else is slow
  const chores = [
    every(aggregator.settings.HEARTBEAT_EVERY_MS, renew),
    every(refreshEveryMs, findPlace),
    every(trimEveryMs, trimChanged),
    every(refreshEveryMs, checkLog),
  ];
  const tailing = tailLog(aggregator, over.signal, onAnew, onServing);
  await aborted(AbortSignal.any([signal, over.signal]));
  if (aggregator.progress.state === 'serving' && !over.signal.aborted) await handOver(aggregator);
  over.abort();
  await Promise.all([...chores, tailing]);
  if (isFatal(over.signal.reason)) throw over.signal.reason;
};

// going on, or trying again, would end the same
const isFatal = (error: unknown): boolean => error instanceof NameTaken || isFinal(error);

const refreshEveryMs = 1_000;
const trimEveryMs = 2_000;

const isMember = ({ membership }: Aggregator): boolean => membership.renewedAt > 0;

/** Looks at the others, and takes the place among them. Throws when the database does not answer. */
const findPlace = async (aggregator: Aggregator): Promise<void> => {
  const { progress } = aggregator;
  if (!isMember(aggregator)) return;
  await refreshRoster(aggregator);
  if (progress.state === 'serving' && rebalance(aggregator)) progress.moved = true;
};

/** Renews the lease; says once that the database does not answer, and once that it does again. Throws NameTaken. */
const renew = async (aggregator: Aggregator): Promise<void> => {
  const { logger, progress } = aggregator;
  if (!isMember(aggregator)) return;
  try {
    await beat(aggregator);
    if (!progress.beating) logger.info('The database takes heartbeats again');
    progress.beating = true;
  } catch (error) {
    if (error instanceof NameTaken) throw error;
    if (progress.beating)
      logger.warn({ err: error }, 'Cannot renew the lease: serving what is in memory, and saving nothing');
    progress.beating = false;
  }
};

const leave = async (aggregator: Aggregator) => {
  const { heart, log, logger, progress } = aggregator;
  const isSaving = progress.state === 'leaving';
  if (isSaving) await snapshotEnded(aggregator);
  const outcome = isSaving ? await saveSnapshot(aggregator) : 'nothing';
  // if this fails, the lease expires
  await leaveMembers(log, { _id: heart.name, incarnation: heart.incarnation }, leaveDeadlineMs).catch(() => undefined);
  logger.info({ lastSnapshot: outcome }, 'Stopped');
};

const leaveDeadlineMs = 2_000;

const snapshotEnded = async ({ progress, settings }: Aggregator) => {
  const until = performance.now() + settings.SNAPSHOT_DEADLINE_MS;
  while (progress.snapshotting && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
};

const readHealth = ({ heart, progress, table, name }: Aggregator) => {
  const held = [...table.values()];
  const count = (flag: 'served' | 'owned') => held.filter((partition) => partition[flag]).length;
  const ready = progress.state === 'serving' && progress.streamOpen && !isBehind(heart);
  const about = { name, state: progress.state, streamOpen: progress.streamOpen, lagMs: Math.round(lagMs(heart)) };
  return { ready, details: { ...about, partitions: held.length, served: count('served'), owned: count('owned') } };
};
