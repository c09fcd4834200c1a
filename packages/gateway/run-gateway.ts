import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { checkDistinct, checkReferences, checkRoutes, type Entity } from '@muster/model';
import { memberOf } from '@muster/placement';
import {
  aborted,
  type Environment,
  openHealthPort,
  openLogger,
  openMetrics,
  refuseSettings,
  repeat,
} from '@muster/runtime';
import { isFinal, logIdOf, openLog, prepareDatabase, readCluster, readKeys, suitLookUps } from '@muster/store';
import { openApp } from './app.ts';
import { checkLog, keptOf } from './check-log.ts';
import { type Connections, closeAllConnections, closeIdleConnections, takeConnections } from './connections.ts';
import { watchTurns } from './execute-command.ts';
import { type FastRoad, openFastRoad, takeRequest } from './fast-road.ts';
import { stopFeed } from './feed/run-feed.ts';
import { type Gateway, openGateway } from './gateway.ts';
import { takeKeys } from './keys.ts';
import { closeSockets } from './live/sockets.ts';
import { closeMembers, isCovered, takeMembers } from './members.ts';
import { answerRefused } from './parser-answers.ts';
import { takeUpgrades } from './routes/live.ts';
import { parseGatewaySettings } from './settings.ts';
import { loadTracing } from './tracing.ts';

const noTracing =
  '"TRACING" needs the package @opentelemetry/api; install it beside an SDK of OpenTelemetry, or leave TRACING out';

const refreshEveryMs = 1_000;
const refreshSoonMs = 200; // while the database is away, or while no aggregator serves some partition
const refreshDeadlineMs = 1_000;
const stopWithinMs = 5_000;
// Connections that wait to be accepted. When there are more, the system drops new ones, and clients try again only
// after one, three and seven seconds.
const backlog = 8_192;

/**
 * Runs a gateway for these entities until the signal aborts, then finishes the requests in progress and closes. Calls
 * `onReady` with the HTTP port. Returns the exit code: 2 for invalid settings, otherwise 0. Throws SettingsConflict,
 * LogDamaged, and an Error when a port is taken.
 */
export const runGateway = async (
  entities: readonly Entity[],
  environment: Environment,
  signal: AbortSignal,
  onReady: (port: number) => void,
): Promise<number> => {
  const parsed = parseGatewaySettings(environment);
  if (parsed.kind === 'problems') return refuseSettings('the gateway', parsed.problems);
  const { settings } = parsed;
  const tracing = settings.TRACING ? await loadTracing() : undefined;
  if (settings.TRACING && !tracing) return refuseSettings('the gateway', [noTracing]);
  checkDistinct(entities);
  checkReferences(entities);
  checkRoutes(entities);
  const logger = openLogger('gateway', settings.LOG_LEVEL);
  const registry = openMetrics('gateway');
  await using log = openLog({ uri: settings.MONGODB_URI, database: settings.DATABASE, appName: 'muster-gateway' });
  const gateway = openGateway({ settings, entities, log, logger, registry });
  const { standing } = gateway;
  await using health = await openHealthPort(settings.HOST, settings.HEALTH_PORT, registry, () => readHealth(gateway));
  logger.info({ healthPort: health.port }, 'Started, waiting for the database');

  if (!(await prepareDatabase(keptOf(gateway), signal))) return 0;
  await suitLookUps(log, gateway.lookUps, refreshDeadlineMs).catch(() => undefined); // the default suits any server
  await refresh(gateway);
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  const refreshing = repeat(
    () => refresh(gateway),
    () => (gateway.database.reachable && isCovered(gateway.members) ? refreshEveryMs : refreshSoonMs),
    ending,
    (error) => over.abort(error),
  );
  // the fast road does not count requests, and does not trace them
  const road = settings.RATE_LIMIT === '' && !tracing ? openFastRoad(entities) : [];
  const timeouts = { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 75_000 };
  const server = createServer({ ...timeouts, requireHostHeader: false }); // answerRefused requires it
  const throughKoa = openApp(gateway, tracing).callback();
  server.on('request', openHandler(gateway, road, throughKoa, answerRefused(gateway, server)));
  const connections = takeConnections(gateway, road, server);
  takeUpgrades(gateway, server, throughKoa);
  const port = await listen(server, settings.HOST, settings.PORT);
  standing.listening = true;
  logger.info({ url: `http://${settings.HOST}:${port}` }, 'Listening');
  if (!gateway.keys.isRequired)
    logger.warn(`Anybody who reaches ${settings.HOST} may read and write: no API key is needed`);
  onReady(port);

  await aborted(ending);
  standing.stopping = true;
  stopFeed(gateway);
  closeSockets(gateway.feed);
  await stop(server, connections);
  await refreshing;
  closeMembers(gateway.members);
  if (over.signal.aborted) throw over.signal.reason;
  logger.info('Stopped');
  return 0;
};

/** Opens the handler of all requests: the fast road takes the plain ones, Koa takes all others. */
const openHandler = (
  gateway: Gateway,
  road: FastRoad,
  throughKoa: RequestListener,
  isWhole: (req: IncomingMessage, res: ServerResponse) => boolean,
): RequestListener => {
  return (req, res) => {
    if (isWhole(req, res) && !takeRequest(gateway, road, req, res)) void throughKoa(req, res);
  };
};

/**
 * Refreshes, once a second, the database's clock, the list of aggregators, and the check that the log is the same. One
 * query reads the clock and the list. Throws the errors that isFinal names.
 */
const refresh = async (gateway: Gateway) => {
  const { clock, database, keys, log, logger, members, queue, settings } = gateway;
  const wasReachable = database.reachable;
  const beganAt = performance.now();
  watchTurns(gateway);
  if (keys.isRequired) void refreshKeys(gateway);
  try {
    const reading = readCluster(log, clock, refreshDeadlineMs);
    await checkLog(gateway, reading); // before the members: only those of this log are asked
    const { members: listed, databaseNow, askedAt } = await reading;
    takeMembers(
      members,
      listed.filter((member) => member.log === logIdOf(log)).map(memberOf),
      { at: askedAt, databaseNow },
      settings,
    );
    database.reachable = true;
    if (!wasReachable) logger.info('The database answers again');
  } catch (error) {
    if (isFinal(error)) throw error;
    if (queue.answeredAt > beganAt) return; // it answers appends, so it is only slow
    database.reachable = false;
    if (wasReachable)
      logger.error(
        { err: error },
        'The database does not answer: reads come from live aggregators, writes are refused with 503',
      );
  }
};

/** Takes over the keys, apart from all else: a slow read of the members must not keep a revoked key alive. */
const refreshKeys = async ({ keys, log, logger }: Gateway) => {
  try {
    takeKeys(keys, await readKeys(log, refreshDeadlineMs));
  } catch (error) {
    logger.debug({ err: error }, 'Cannot read the keys, those that are known still count');
  }
};

const listen = async (server: Server, host: string, port: number): Promise<number> => {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen({ port, host, backlog }, resolve));
  return (server.address() as AddressInfo).port;
};

/**
 * Accepts no further connections. Ends each connection after its current answer; watch-request tells the client. Closes
 * the last ones by force.
 */
const stop = async (server: Server, connections: Connections) => {
  const closed = new Promise((resolve) => server.close(resolve));
  const closeIdle = setInterval(() => {
    closeIdleConnections(connections);
    server.closeIdleConnections();
  }, 50);
  const force = setTimeout(() => {
    closeAllConnections(connections);
    server.closeAllConnections();
  }, stopWithinMs);
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
