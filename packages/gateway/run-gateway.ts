import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkDistinct, type Entity } from '@muster/model';
import { memberOf, partitionHash } from '@muster/placement';
import { type Environment, openHealthPort, openLogger, openMetrics, repeat, retryUntil } from '@muster/runtime';
import { databaseNow, ensureCollections, listMembers, measureClock, openLog, SettingsConflict } from '@muster/store';
import { openApp } from './app.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { closeMembers, isCovered, takeMembers } from './members.ts';
import { parseGatewaySettings } from './settings.ts';

const refreshEveryMs = 1_000;
const refreshSoonMs = 200; // while some partition is read from the database, as nobody serves it
const refreshDeadlineMs = 1_000;
const stopWithinMs = 5_000;

/**
 * Runs a gateway for these entities: opens, serves until the signal aborts, finishes what is in flight and closes.
 * `onReady` hears of the HTTP port. Gives the exit code: 2 for settings that cannot be, 0 otherwise. Throws when a port
 * is taken, and SettingsConflict.
 */
export const runGateway = async (
  entities: readonly Entity[],
  environment: Environment,
  signal: AbortSignal,
  onReady: (port: number) => void,
): Promise<number> => {
  const parsed = parseGatewaySettings(environment);
  if (parsed.kind === 'problems') return complain(parsed.problems);
  const { settings } = parsed;
  checkDistinct(entities);
  const logger = openLogger('gateway', settings.LOG_LEVEL);
  const registry = openMetrics('gateway');
  await using log = openLog({ uri: settings.MONGODB_URI, database: settings.DATABASE, appName: 'muster-gateway' });
  const gateway = openGateway({ settings, entities, log, logger, registry });
  const { standing } = gateway;
  await using health = await openHealthPort(settings.HOST, settings.HEALTH_PORT, registry, () => readHealth(gateway));
  logger.info({ healthPort: health.port }, 'Started, waiting for the database');

  if (!(await prepare(gateway, entities, signal))) return 0;
  await refresh(gateway);
  const refreshing = repeat(
    () => refresh(gateway),
    () => (isCovered(gateway.members) ? refreshEveryMs : refreshSoonMs),
    signal,
    () => undefined,
  );
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 75_000 },
    openApp(gateway).callback(),
  );
  const port = await listen(server, settings.HOST, settings.PORT);
  standing.listening = true;
  logger.info({ url: `http://${settings.HOST}:${port}` }, 'Listening');
  onReady(port);

  await aborted(signal);
  standing.stopping = true;
  await stop(server);
  await refreshing;
  closeMembers(gateway.members);
  logger.info('Stopped');
  return 0;
};

/** Makes what the database lacks, as often as it takes; false when it was to stop first. Throws SettingsConflict. */
const prepare = async (
  { log, logger, settings }: Gateway,
  entities: readonly Entity[],
  signal: AbortSignal,
): Promise<boolean> => {
  const shape = { partitions: settings.PARTITIONS, hash: partitionHash };
  const complainNow = (error: unknown, failures: number) =>
    failures % 10 === 1 && logger.warn({ err: error }, 'Cannot prepare the database, trying again');
  const attempt = () => ensureCollections(log, entities, shape).then(() => true);
  return (await retryUntil(attempt, signal, complainNow, (error) => error instanceof SettingsConflict)) ?? false;
};

/** What a gateway refreshing at every second: the database's clock, and who the aggregators are. */
const refresh = async (gateway: Gateway) => {
  const { clock, database, log, logger, members, settings } = gateway;
  const wasReachable = database.reachable;
  try {
    await measureClock(log, clock, refreshDeadlineMs);
    // who is paused until the answer is read must not find them old
    const asked = { at: performance.now(), databaseNow: databaseNow(clock).getTime() };
    takeMembers(members, (await listMembers(log, refreshDeadlineMs)).map(memberOf), asked, settings);
    database.reachable = true;
    if (!wasReachable) logger.info('The database answers again');
  } catch (error) {
    database.reachable = false;
    if (wasReachable)
      logger.error(
        { err: error },
        'The database does not answer: reads come from live aggregators, writes are refused with 503',
      );
  }
};

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  );

const listen = async (server: Server, host: string, port: number): Promise<number> => {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return (server.address() as AddressInfo).port;
};

/**
 * Takes no further connections, and ends each that there is with the answer under way (watch-request says so to the
 * client); the last ones by force.
 */
const stop = async (server: Server) => {
  const closed = new Promise((resolve) => server.close(resolve));
  const closeIdle = setInterval(() => server.closeIdleConnections(), 50);
  const force = setTimeout(() => server.closeAllConnections(), stopWithinMs);
  await closed;
  clearInterval(closeIdle);
  clearTimeout(force);
};

const readHealth = ({ database, members, standing: { listening, stopping } }: Gateway) => {
  const aggregators = Object.fromEntries(
    [...members.byName].map(([name, { replica }]) => [
      name,
      replica.outbox && !replica.suspect ? 'answering' : 'not answering',
    ]),
  );
  return {
    ready: listening && !stopping,
    details: { database: database.reachable ? 'reachable' : 'not reachable', aggregators },
  };
};

const complain = (problems: string[]) => {
  for (const problem of problems) console.error(`Cannot start the gateway: ${problem}`);
  return 2;
};
