import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Environment } from '@muster/runtime';
import { ensureReplicaSet } from '@muster/store';
import { findServer } from './find-server.ts';
import { findFreePort } from './ports.ts';
import type { Server, ServerKind } from './server.ts';
import { endLeftServer, kindOfData, saveServerPid } from './server-data.ts';
import { boundToThisProcess, endProcess, type Spawned, spawnProcess } from './spawned.ts';
import { waitForListening } from './wait-for-listening.ts';

export type DatabaseOptions = {
  /**
   * The server's own folder, created if missing. Next to it: a `.log` with the server's output and a `.json` with its
   * pid.
   */
  dataPath: string;
  /** 0 selects a free port. */
  port: number;
  say: (text: string) => void;
  environment: Environment;
  /** The oplog's maximum number of changes, and so how far back a resume token can reach. SecantusDB only. */
  oplogMaxEntries?: number;
  /** Whether the server is killed when this process ends. For tests. */
  dieWithParent?: boolean;
  signal?: AbortSignal;
  /** The result of an earlier `findServer`. */
  server?: Server;
};

export type Database = AsyncDisposable & {
  kind: ServerKind;
  uri: string;
  host: string;
  port: number;
  pid: number;
  dataPath: string;
  logPath: string;
  spawned: Spawned;
  /** Stops the server with SIGTERM, and after 10 seconds with SIGKILL. */
  stop: () => Promise<void>;
};

export type LaunchedDatabase = {
  server: Server;
  spawned: Spawned;
  logPath: string;
  listening: Promise<{ port: number; uri: string }>;
};

/**
 * Starts the embedded MongoDB on the data in `dataPath` as a separate process, and waits until it accepts connections.
 * Stops a server that a killed process left running there. Throws when no server is found, or when the server ends or
 * is not ready within 30 seconds; the message has its last lines of output.
 */
export const openDatabase = async (options: DatabaseOptions): Promise<Database> => {
  const { server, spawned, logPath, listening } = await launchDatabase(options);
  const stop = async () => {
    await endProcess(spawned, stopMs);
  };
  try {
    const { port, uri } = await listening;
    const { kind } = server;
    return {
      kind,
      uri,
      host,
      port,
      pid: spawned.pid,
      dataPath: resolve(options.dataPath),
      logPath,
      spawned,
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/**
 * As `openDatabase`, but does not wait until the server is ready. A caller that restarts it needs the process before
 * that.
 */
export const launchDatabase = async (options: DatabaseOptions): Promise<LaunchedDatabase> => {
  const dataPath = resolve(options.dataPath);
  const logPath = `${dataPath}.log`;
  const server = options.server ?? (await findServer({ ...options, only: await kindOfData(dataPath) }));
  await endLeftServer(dataPath, options.say);
  await mkdir(dataPath, { recursive: true });
  // mongod cannot select a free port itself
  const port = options.port === 0 && server.kind === 'mongod' ? await findFreePort(host) : options.port;
  const words =
    server.kind === 'mongod'
      ? mongodWords(dataPath, port)
      : secantusWords(dataPath, port, options.oplogMaxEntries ?? 2_000_000);
  const command =
    options.dieWithParent === true ? await boundToThisProcess(server.binary, words) : { file: server.binary, words };
  const { spawned, logFrom } = await spawnOnto(logPath, command);
  await saveServerPid(dataPath, spawned.pid);
  const listening = untilListening(server.kind, spawned, logPath, logFrom, port);
  // callers that only watch the process do not await `listening`, and an unhandled rejection would end this process
  listening.catch(() => undefined);
  return { server, spawned, logPath, listening };
};

export const stopMs = 10_000;
// one with a million records needs most of a minute until it accepts connections
const startMs = 300_000;
const host = '127.0.0.1';

const replicaSetNames = { mongod: 'muster', secantus: 'secantus' } satisfies Record<ServerKind, string>;

// The server writes its output directly to the file. So no output is lost, and the server survives the end of this
// process.
const spawnOnto = async (logPath: string, { file, words }: { file: string; words: string[] }) => {
  await using log = await open(logPath, 'a');
  const { size } = await log.stat();
  const spawned = await spawnProcess(file, words, { cwd: dirname(logPath), stdio: ['ignore', log.fd, log.fd] });
  return { spawned, logFrom: size };
};

const untilListening = async (
  kind: ServerKind,
  spawned: Spawned,
  logPath: string,
  logFrom: number,
  wantedPort: number,
) => {
  const port = await waitForListening(spawned, logPath, logFrom, startMs);
  const uri = `mongodb://${host}:${port ?? wantedPort}/?replicaSet=${replicaSetNames[kind]}`;
  if (kind === 'mongod') await ensureReplicaSet(`${host}:${wantedPort}`, replicaSetNames.mongod, startMs);
  return { port: port ?? wantedPort, uri };
};

const mongodWords = (dataPath: string, port: number) => [
  ...['--dbpath', dataPath, '--port', String(port), '--bind_ip', host],
  ...['--replSet', replicaSetNames.mongod, '--wiredTigerCacheSizeGB', '0.5'],
];

// Sync on each commit: an acknowledged write must survive kill -9. With small log files the server restarts in 0.3
// seconds instead of 14.
const secantusWords = (dataPath: string, port: number, oplogMaxEntries: number) => [
  ...['--port', String(port), '--storage-path', dataPath, '--cache-size', '512M', '--log-file-max', '64MB'],
  ...['--oplog-max-entries', String(oplogMaxEntries), '--oplog-retention-seconds', '86400', '--sync-on-commit'],
];
