import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { Environment } from '@muster/runtime';
import { findServer, type Server } from './find-server.ts';
import { launchProgram, type Ready } from './launch-program.ts';
import { type Group, type ManagedProcess, type ProcessEvent, plan, processOf, startProcess, stopProcess, waitReady } from './managed-process.ts';
import { type DatabaseOptions, launchDatabase, stopMs } from './open-database.ts';
import { findProjectRoot } from './project-root.ts';
import { kindOfData } from './server-data.ts';

export type SystemOptions = {
  /** Where the embedded MongoDB keeps its data, in a folder `mongodb`. */
  dataPath: string;
  /** A replica set to use; without it an embedded MongoDB is one of the processes. */
  mongodbUri?: string;
  /** Ports: 0, also where none is given, picks a free one, and a process that starts again keeps it. The aggregators' health ports follow the gateway's. */
  mongodbPort?: number;
  port?: number;
  healthPort?: number;
  host?: string;
  gateways?: number;
  aggregators?: number;
  oplogMaxEntries?: number;
  /** Handed to all programs, with a CLUSTER_SECRET made up where it has none. */
  environment: Environment;
  /** More of it for one process, by its name. */
  environmentFor?: (name: string) => Environment;
  /** The URI that a process gets, made of the database's: where something stands between the two. */
  uriFor?: (name: string, uri: string) => string;
  /** What node is to run; the built programs in `dist`, unless given. */
  programs?: { gateway: string[]; aggregator: string[] };
  /** Start again what dies, after a growing pause; as it is unless false. */
  restart?: boolean;
  /** The embedded MongoDB is killed with this process: for tests. */
  dieWithParent?: boolean;
  onEvent?: (event: ProcessEvent) => void;
  say?: (text: string) => void;
};

/** All processes of one Muster, by name: `mongodb` (if embedded), `gateway` (further ones `gateway-1`…), `aggregator-0`… */
export type System = Group & {
  readonly gateways: string[];
  readonly aggregators: string[];
  readonly givenUri: string | undefined;
  readonly clusterSecret: string;
};

export type RunningSystem = System & AsyncDisposable & { url: string; mongodbUri: string };

/**
 * Starts a whole Muster as real processes and waits until all are ready; disposed, it stops them in order. Throws, with nothing left running, when
 * they are not ready within `deadlineMs` milliseconds.
 */
export const startSystem = async (options: SystemOptions, deadlineMs = 60_000): Promise<RunningSystem> => {
  const calledOff = AbortSignal.timeout(deadlineMs);
  const system = planSystem(options, calledOff);
  try {
    await startAll(system, deadlineMs, calledOff);
  } catch (error) {
    await stopSystem(system);
    throw error;
  }
  return { ...system, url: urlOf(system, options.host), mongodbUri: mongodbUriOf(system), [Symbol.asyncDispose]: () => stopSystem(system) };
};

/** The processes of a Muster, none of them started. `signal` calls off what fetches a MongoDB. */
export const planSystem = (given: SystemOptions, signal?: AbortSignal): System => {
  const clusterSecret = given.environment.CLUSTER_SECRET || randomBytes(24).toString('hex'); // an empty one counts as unset
  const options = { ...given, environment: { ...given.environment, CLUSTER_SECRET: clusterSecret } };
  const gateways = countedNames('gateway', options.gateways ?? 1).map((name, index) => (index === 0 ? 'gateway' : name));
  const aggregators = countedNames('aggregator', options.aggregators ?? 3);
  const uri = () => mongodbUriOf(system);
  const planned = [
    ...(options.mongodbUri === undefined ? [planDatabase(options, signal)] : []),
    ...gateways.map((name, index) => planGateway(name, index, options, uri)),
    ...aggregators.map((name, index) => planAggregator(name, index, options, uri)),
  ];
  const system: System = {
    processes: new Map(planned.map((one) => [one.name, one])),
    restart: options.restart ?? true,
    onEvent: options.onEvent ?? (() => undefined),
    changes: new EventEmitter().setMaxListeners(0),
    gateways,
    aggregators,
    givenUri: options.mongodbUri,
    clusterSecret,
  };
  return system;
};

/** Starts MongoDB, then the others beside each other, and waits until all are ready, each at most `deadlineMs` milliseconds. */
export const startAll = async (system: System, deadlineMs: number, signal?: AbortSignal): Promise<void> => {
  const start = async (name: string) => {
    await startProcess(system, name);
    await waitReady(system, name, deadlineMs, signal);
  };
  if (system.processes.has('mongodb')) await start('mongodb');
  signal?.throwIfAborted();
  await Promise.all([...system.gateways, ...system.aggregators].map(start));
};

/** Stops all in order: first who takes requests, then who saves what it holds, then who keeps it. */
export const stopSystem = async (system: System): Promise<void> => {
  const stop = (name: string) => stopProcess(system, name);
  await Promise.all(system.gateways.map(stop));
  await Promise.all(system.aggregators.map(stop));
  if (system.processes.has('mongodb')) await stop('mongodb');
};

/** Where the gateway answers. Throws before it was ready once. */
export const urlOf = (system: System, host = '127.0.0.1'): string => {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '[::1]', '::1': '[::1]' }[host] ?? host;
  return `http://${reachable}:${known(processOf(system, 'gateway'), 'port')}`;
};

/** The URI that the programs get. Throws before an embedded MongoDB was ready once. */
export const mongodbUriOf = (system: System): string => system.givenUri ?? known(processOf(system, 'mongodb'), 'uri');

const known = <Key extends keyof Ready>({ name, ready }: ManagedProcess, key: Key): NonNullable<Ready[Key]> => {
  const value = ready?.[key];
  if (value === undefined) throw new Error(`Cannot tell the ${key} of ${name}: it has not been ready yet, or did not say it`);
  return value;
};

const planDatabase = (options: SystemOptions, signal: AbortSignal | undefined): ManagedProcess => {
  const say = options.say ?? (() => undefined);
  const found: { server?: Server } = {}; // looked for once, so that every life runs the same
  return plan('mongodb', stopMs, async (self, onLine) => {
    const dataPath = join(options.dataPath, 'mongodb');
    found.server ??= await findServer({ environment: options.environment, say, only: await kindOfData(dataPath), signal });
    const settings: DatabaseOptions = { ...options, dataPath, say, server: found.server, port: self.ready?.port ?? options.mongodbPort ?? 0 };
    const { spawned, listening } = await launchDatabase(settings);
    const giveUp = (error: Error) => {
      onLine(error.message);
      spawned.child.kill('SIGKILL');
      return undefined;
    };
    return { spawned, ready: listening.catch(giveUp) };
  });
};

const planGateway = (name: string, index: number, options: SystemOptions, uri: () => string): ManagedProcess =>
  plan(name, gatewayStopMs, (self, onLine) => {
    const port = self.ready?.port ?? (index === 0 ? options.port : 0);
    const healthPort = index === 0 ? options.healthPort : 0;
    const own = { MONGODB_URI: uriOf(name, options, uri), HOST: options.host ?? '127.0.0.1', PORT: text(port), HEALTH_PORT: text(healthPort) };
    return launchProgram(programsOf(options).gateway, { ...environmentOf(name, options), ...own }, onLine);
  });

const planAggregator = (name: string, index: number, options: SystemOptions, uri: () => string): ManagedProcess =>
  plan(name, aggregatorStopMs, (_self, onLine) => {
    const healthPort = options.healthPort ? options.healthPort + 1 + index : 0;
    // on this machine only, whatever address the gateway listens on: its wire is for gateways, not for clients
    const wirePort = options.environmentFor?.(name).WIRE_PORT ?? '0';
    const own = { AGGREGATOR_NAME: name, MONGODB_URI: uriOf(name, options, uri), HOST: '127.0.0.1', WIRE_PORT: wirePort, HEALTH_PORT: text(healthPort) };
    return launchProgram(programsOf(options).aggregator, { ...environmentOf(name, options), ...own }, onLine);
  });

const gatewayStopMs = 10_000;
const aggregatorStopMs = 20_000; // it saves a last snapshot

const programsOf = ({ programs }: SystemOptions) => programs ?? { gateway: [inDist('gateway.js')], aggregator: [inDist('aggregator.js')] };

const inDist = (name: string) => join(findProjectRoot(), 'dist', name);

const uriOf = (name: string, { uriFor }: SystemOptions, uri: () => string) => (uriFor ? uriFor(name, uri()) : uri());

const environmentOf = (name: string, options: SystemOptions): Environment => ({ ...options.environment, ...options.environmentFor?.(name) });

const countedNames = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}-${index}`);

const text = (value: number | undefined) => String(value ?? 0);
