import { partitionHash, partitionsHeldBy, serveRequests } from '@muster/cluster';
import { ensureCollections, openLog, SettingsConflict } from '@muster/log';
import { checkDistinct, type Entity } from '@muster/model';
import { type Environment, openHealthPort, openLogger, openMetrics, repeat, retryUntil } from '@muster/runtime';
import { type Aggregator, openAggregator } from './aggregator.ts';
import { openAnswers } from './answer-requests.ts';
import { isBehind, lagMs } from './heart.ts';
import { parseAggregatorSettings } from './settings.ts';
import { saveSnapshot } from './snapshot.ts';
import { beat, tailLog } from './tail.ts';

/**
 * Runs an aggregator of these entities: opens, restores, tails and serves until the signal aborts, then saves a last snapshot. `onReady` hears of its name
 * and ports. Gives the exit code: 2 for settings that cannot be, 0 otherwise. Throws when a port is taken, and SettingsConflict.
 */
export const runAggregator = async (
  entities: readonly Entity[],
  environment: Environment,
  signal: AbortSignal,
  onReady: (ready: { name: string; port: number; healthPort: number }) => void,
): Promise<number> => {
  const parsed = parseAggregatorSettings(environment);
  if (parsed.kind === 'problems') return complain(parsed.problems);
  const { settings } = parsed;
  checkDistinct(entities);
  const name = `aggregator-${settings.AGGREGATOR_INDEX}`;
  const logger = openLogger(name, settings.LOG_LEVEL);
  const registry = openMetrics(name);
  await using log = openLog({ uri: settings.MONGODB_URI, database: settings.DATABASE, appName: `muster-${name}` });
  const partitions = partitionsHeldBy(settings.AGGREGATOR_INDEX, settings.AGGREGATOR_COUNT, settings.PARTITIONS);
  const aggregator = openAggregator({ name, settings, entities, partitions, log, logger, registry });
  await using health = await openHealthPort(settings.HOST, settings.HEALTH_PORT, registry, () => readHealth(aggregator));
  await using service = await serveRequests({
    host: settings.HOST,
    port: settings.WIRE_PORT,
    secret: settings.CLUSTER_SECRET,
    identity: () => ({ name, incarnation: aggregator.heart.incarnation, database: settings.DATABASE }),
    answers: openAnswers(aggregator),
    onProblem: ({ kind, message }) => logger.warn({ kind }, message),
    onError: (error) => logger.warn({ err: error }, 'A request could not be answered'),
  });
  aggregator.progress.address = `${settings.ADVERTISED_HOST}:${service.port}`;
  aggregator.progress.healthPort = health.port;
  logger.info({ address: aggregator.progress.address, healthPort: health.port, partitions: partitions.length }, 'Started, restoring');

  if (!(await prepare(aggregator, entities, signal))) return 0;
  const beats = repeat(
    () => beatAndTell(aggregator),
    settings.HEARTBEAT_EVERY_MS,
    signal,
    () => undefined,
  );
  await tailLog(aggregator, signal, () => onReady({ name, port: service.port, healthPort: health.port }));
  await beats;
  await leave(aggregator);
  return 0;
};

/** Says once that the database does not take heartbeats, and once that it does again. */
const beatAndTell = async (aggregator: Aggregator): Promise<void> => {
  const { logger, progress } = aggregator;
  try {
    await beat(aggregator);
    if (!progress.beating) logger.info('The database takes heartbeats again');
    progress.beating = true;
  } catch (error) {
    if (progress.beating) logger.warn({ err: error }, 'Cannot write the heartbeat: serving what is in memory, and saving nothing');
    progress.beating = false;
  }
};

/** Makes what the database lacks, as often as it takes; false when it was to stop first. Throws SettingsConflict. */
const prepare = async ({ log, logger, settings }: Aggregator, entities: readonly Entity[], signal: AbortSignal): Promise<boolean> => {
  const shape = { partitions: settings.PARTITIONS, hash: partitionHash };
  const complainNow = (error: unknown, failures: number) => failures % 10 === 1 && logger.warn({ err: error }, 'Cannot prepare the database, trying again');
  const attempt = () => ensureCollections(log, entities, shape).then(() => true);
  return (await retryUntil(attempt, signal, complainNow, (error) => error instanceof SettingsConflict)) ?? false;
};

const leave = async (aggregator: Aggregator) => {
  const { logger, progress } = aggregator;
  if (progress.state !== 'serving') return logger.info('Stopped while restoring: nothing to save');
  progress.state = 'leaving';
  await snapshotEnded(aggregator);
  const outcome = await saveSnapshot(aggregator);
  await beat(aggregator).catch(() => undefined);
  logger.info({ lastSnapshot: outcome }, 'Stopped');
};

const snapshotEnded = async ({ progress, settings }: Aggregator) => {
  const until = performance.now() + settings.SNAPSHOT_DEADLINE_MS;
  while (progress.snapshotting && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
};

const readHealth = ({ heart, progress, table, name }: Aggregator) => {
  const served = [...table.values()].filter((partition) => partition.served).length;
  const ready = progress.state === 'serving' && progress.streamOpen && !isBehind(heart);
  return { ready, details: { name, state: progress.state, streamOpen: progress.streamOpen, lagMs: Math.round(lagMs(heart)), partitions: table.size, served } };
};

const complain = (problems: string[]) => {
  for (const problem of problems) console.error(`Cannot start the aggregator: ${problem}`);
  return 2;
};
