import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAggregator } from '@muster/aggregator';
import { openDatabase } from '@muster/embedded';
import { runGateway } from '@muster/gateway';
import type { Entity } from '@muster/model';
import { keepSecret } from '@muster/runtime';

export type MusterOptions = {
  entities: readonly Entity[];
  /** The port of the HTTP API; a free one unless given. */
  port?: number;
  /** How many aggregators run; 1 unless given. With 0, all reads come from the database. */
  aggregators?: number;
  /** A replica set to use. Without it an embedded MongoDB starts and stops with this Muster. */
  mongodbUri?: string;
  /** The name of the database; `muster` unless given. */
  database?: string;
  /** Where the embedded MongoDB keeps its data. Without it the data is removed at the end. */
  dataPath?: string;
  /** From `trace` to `error`, or `silent`; `warn` unless given. */
  logLevel?: string;
  /** How long the start may take, in milliseconds; 60,000 unless given. */
  startWithinMs?: number;
  /** Further settings of both programs, by the names of their environment variables. */
  settings?: Record<string, string>;
};

export type Muster = {
  /** Where the HTTP API answers: `http://127.0.0.1:3000`. */
  url: string;
  mongodbUri: string;
  /** Stops everything in order: what is under way is finished, the last changes are saved. */
  stop: () => Promise<void>;
};

/**
 * Runs a whole Muster in this process, for programs and tests: a gateway, aggregators, and MongoDB unless one is named.
 * Rejects with the reason if it cannot start in time; nothing keeps running then.
 */
export const startMuster = async (options: MusterOptions): Promise<Muster> => {
  const closing: (() => Promise<unknown>)[] = [];
  const stopping: { promise?: Promise<void> } = {};
  const closeAll = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  const stop = () => {
    stopping.promise ??= closeAll();
    return stopping.promise;
  };
  const { startWithinMs = 60_000 } = options;
  try {
    return await withinTime(startAll(options, closing, stop), startWithinMs);
  } catch (error) {
    await stop();
    throw error;
  }
};

const withinTime = async <Value>(started: Promise<Value>, ms: number): Promise<Value> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const problem = `Muster is not ready after ${ms} ms: is its database reachable? Its log says more (logLevel)`;
    timer = setTimeout(() => reject(new Error(problem)), ms);
  });
  try {
    return await Promise.race([started, late]);
  } finally {
    clearTimeout(timer);
    started.catch(() => undefined); // it fails once more when all is closed
  }
};

const startAll = async (
  options: MusterOptions,
  closing: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Muster> => {
  const mongodbUri = options.mongodbUri ?? (await openOwnDatabase(options.dataPath, closing));
  const environment = environmentOf(options, mongodbUri);
  const count = options.aggregators ?? 1;
  await Promise.all(Array.from({ length: count }, (_, index) => startAggregator(options, environment, index, closing)));
  const port = await startGateway(options, environment, closing);
  return { url: `http://127.0.0.1:${port}`, mongodbUri, stop };
};

const openOwnDatabase = async (dataPath: string | undefined, closing: (() => Promise<unknown>)[]): Promise<string> => {
  const folder = dataPath ?? (await mkdtemp(join(tmpdir(), 'muster-')));
  if (dataPath === undefined) closing.push(() => rm(folder, { recursive: true, force: true }));
  const database = await openDatabase({
    dataPath: join(folder, 'mongodb'),
    port: 0,
    say: () => undefined,
    environment: process.env,
    dieWithParent: true,
  });
  closing.push(() => database.stop());
  return database.uri;
};

const environmentOf = (
  { database = 'muster', logLevel = 'warn', dataPath, settings }: MusterOptions,
  mongodbUri: string,
) => ({
  MONGODB_URI: mongodbUri,
  DATABASE: database,
  CLUSTER_SECRET: dataPath === undefined ? randomBytes(24).toString('hex') : keepSecret(dataPath),
  LOG_LEVEL: logLevel,
  ...settings,
});

type Started = { entities: readonly Entity[]; port?: number };

const startAggregator = (
  { entities }: Started,
  environment: Record<string, string>,
  index: number,
  closing: (() => Promise<unknown>)[],
) =>
  launch<object>(
    `aggregator-${index}`,
    (signal, ready) =>
      runAggregator(entities, { ...environment, AGGREGATOR_NAME: `aggregator-${index}` }, signal, ready),
    closing,
  );

const startGateway = (
  { entities, port = 0 }: Started,
  environment: Record<string, string>,
  closing: (() => Promise<unknown>)[],
) =>
  launch<number>(
    'the gateway',
    (signal, ready) => runGateway(entities, { ...environment, PORT: String(port) }, signal, ready),
    closing,
  );

/** Runs a program until its closing is called. Resolves to what it says when it is ready, rejects if it ends before. */
const launch = <Ready>(
  name: string,
  run: (signal: AbortSignal, ready: (ready: Ready) => void) => Promise<number>,
  closing: (() => Promise<unknown>)[],
): Promise<Ready> =>
  new Promise((resolve, reject) => {
    const over = new AbortController();
    const ended = run(over.signal, resolve);
    ended.then((code) => reject(new Error(`${name} ended with code ${code} before it was ready`)), reject);
    closing.push(() => {
      over.abort();
      return ended.catch(() => undefined);
    });
  });
