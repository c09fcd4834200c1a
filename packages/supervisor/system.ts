import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import type { Exit } from '@muster/embedded';
import {
  type DatabaseOptions,
  findFreePort,
  findProjectRoot,
  findServer,
  kindOfData,
  launchDatabase,
  type Server,
  stopMs,
} from '@muster/embedded';
import type { Environment } from '@muster/runtime';
import { freeOr } from './free-or.ts';
import { launchProgram, type Ready } from './launch-program.ts';
import {
  addProcess,
  changeSettings,
  type Group,
  type ManagedProcess,
  type ProcessEvent,
  plan,
  processOf,
  removeProcess,
  startProcess,
  stopProcess,
  waitReady,
} from './managed-process.ts';

export type SystemOptions = {
  /** Where the embedded MongoDB keeps its data, in a folder `mongodb`. */
  dataPath: string;
  /** A replica set to use. Without it, an embedded MongoDB is one of the processes. */
  mongodbUri?: string;
  /**
   * Ports. 0, the default, picks a free one. A process that starts again keeps its port. The health ports of the
   * aggregators follow that of the gateway.
   */
  mongodbPort?: number;
  port?: number;
  healthPort?: number;
  host?: string;
  gateways?: number;
  aggregators?: number;
  oplogMaxEntries?: number;
  /** The environment of all programs. A CLUSTER_SECRET is made if it has none. */
  environment: Environment;
  /** Further variables for one process, by its name. */
  environmentFor?: (name: string) => Environment;
  /** Maps the database's URI to the URI of a process, for example through a proxy. */
  uriFor?: (name: string, uri: string) => string;
  /** The arguments of node for each program. Default: the built programs in `dist`. */
  programs?: { gateway: string[]; aggregator: string[] };
  /** Whether a process that dies is started again, after a growing pause. Default: true. */
  restart?: boolean;
  /** The embedded MongoDB is killed with this process: for tests. */
  dieWithParent?: boolean;
  onEvent?: (event: ProcessEvent) => void;
  say?: (text: string) => void;
};

/** The roles of which there may be several processes. */
export type Role = 'gateway' | 'aggregator';

/**
 * All processes of one Muster, by name: `mongodb` (if embedded), `gateway` (further ones `gateway-1`…), `aggregator-0`…
 * Only this file adds and removes them.
 */
export type System = Group & {
  readonly gateways: string[];
  readonly aggregators: string[];
  readonly givenUri: string | undefined;
  readonly clusterSecret: string;
  readonly options: SystemOptions;
  /** Further variables for new processes of a role. */
  readonly settings: Record<Role, Environment>;
  /** The running change, if there is one: see change-system.ts. */
  readonly changing: { what?: string; since: number };
};

export type RunningSystem = System & AsyncDisposable & { url: string; mongodbUri: string };

/**
 * Starts a whole Muster as real processes and waits until all are ready. Its disposal stops them in order. If they are
 * not ready within `deadlineMs` milliseconds, it stops all and throws.
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
  return {
    ...system,
    url: urlOf(system, options.host),
    mongodbUri: mongodbUriOf(system),
    [Symbol.asyncDispose]: () => stopSystem(system),
  };
};

/** Plans the processes of a Muster without starting them. `signal` cancels the download of a MongoDB. */
export const planSystem = (given: SystemOptions, signal?: AbortSignal): System => {
  // an empty one counts as unset
  const clusterSecret = given.environment.CLUSTER_SECRET || randomBytes(24).toString('hex');
  const options = { ...given, environment: { ...given.environment, CLUSTER_SECRET: clusterSecret } };
  const system: System = {
    processes: new Map(),
    restart: options.restart ?? true,
    onEvent: options.onEvent ?? (() => undefined),
    changes: new EventEmitter().setMaxListeners(0),
    gateways: [],
    aggregators: [],
    givenUri: options.mongodbUri,
    clusterSecret,
    options,
    settings: { gateway: {}, aggregator: {} },
    changing: { since: 0 },
  };
  if (options.mongodbUri === undefined) addProcess(system, planDatabase(options, signal));
  for (let count = 0; count < (options.gateways ?? 1); count += 1) addNext(system, 'gateway');
  for (let count = 0; count < (options.aggregators ?? 3); count += 1) addNext(system, 'aggregator');
  return system;
};

/** Returns the names of a role's processes, lowest number first. */
export const namesOf = (system: System, role: Role): readonly string[] => listOf(system, role);

/** Adds the next process of a role without starting it. Returns its name. */
export const addNext = (system: System, role: Role): string => {
  const names = listOf(system, role);
  const one = role === 'gateway' ? planGateway(names.length, system) : planAggregator(names.length, system);
  addProcess(system, one);
  changeSettings(system, one.name, system.settings[role]);
  names.push(one.name);
  return one.name;
};

/**
 * Stops a gateway or an aggregator and removes it. Returns how it ended, if it ran. It stays part of the system until
 * it has ended, so that stopping the system waits for it.
 */
export const removeOne = async (system: System, name: string): Promise<Exit | undefined> => {
  const exit = await removeProcess(system, name);
  for (const names of [system.gateways, system.aggregators])
    if (names.includes(name)) names.splice(names.indexOf(name), 1);
  return exit;
};

/** Sets the further variables for new processes of a role. */
export const keepSettings = (system: System, role: Role, settings: Environment): void => {
  system.settings[role] = settings;
};

const listOf = ({ gateways, aggregators }: System, role: Role) => (role === 'gateway' ? gateways : aggregators);

/**
 * Starts MongoDB, then all others at once. Waits until all are ready, at most `deadlineMs` milliseconds for each.
 */
export const startAll = async (system: System, deadlineMs: number, signal?: AbortSignal): Promise<void> => {
  const start = async (name: string) => {
    await startProcess(system, name);
    await waitReady(system, name, deadlineMs, signal);
  };
  if (system.processes.has('mongodb')) await start('mongodb');
  signal?.throwIfAborted();
  await Promise.all([...system.gateways, ...system.aggregators].map(start));
};

/** Stops all in order: gateways, then aggregators, which save their changes, then MongoDB. */
export const stopSystem = async (system: System): Promise<void> => {
  // a process that cannot be stopped must not keep the others running
  const stop = (name: string) => stopProcess(system, name);
  await Promise.allSettled(system.gateways.map(stop));
  await Promise.allSettled(system.aggregators.map(stop));
  if (system.processes.has('mongodb')) await stop('mongodb');
};

/** Returns the address of a gateway, by default the first. Throws if it was never ready. */
export const urlOf = (system: System, host = '127.0.0.1', name = 'gateway'): string => {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '[::1]', '::1': '[::1]' }[host] ?? host;
  return `http://${reachable}:${known(processOf(system, name), 'port')}`;
};

/** Returns the URI of the database. Throws if the embedded MongoDB was never ready. */
export const mongodbUriOf = (system: System): string => system.givenUri ?? known(processOf(system, 'mongodb'), 'uri');

const known = <Key extends keyof Ready>({ name, ready }: ManagedProcess, key: Key): NonNullable<Ready[Key]> => {
  const value = ready?.[key];
  if (value === undefined)
    throw new Error(`Cannot find the ${key} of ${name}: it has not been ready yet, or did not report it`);
  return value;
};

const planDatabase = (options: SystemOptions, signal: AbortSignal | undefined): ManagedProcess => {
  const say = options.say ?? (() => undefined);
  const found: { server?: Server } = {}; // looked for once, so that every life runs the same
  return plan('mongodb', stopMs, async (self, onLine) => {
    const dataPath = join(options.dataPath, 'mongodb');
    found.server ??= await findServer({
      environment: options.environment,
      say,
      only: await kindOfData(dataPath),
      signal,
    });
    const settings: DatabaseOptions = {
      ...options,
      dataPath,
      say,
      server: found.server,
      port: self.ready?.port ?? options.mongodbPort ?? 0,
    };
    const { spawned, listening } = await launchDatabase(settings);
    const giveUp = (error: Error) => {
      onLine(error.message);
      spawned.child.kill('SIGKILL');
      return undefined;
    };
    return { spawned, ready: listening.catch(giveUp) };
  });
};

const planGateway = (index: number, system: System): ManagedProcess => {
  const { options } = system;
  const host = options.host ?? '127.0.0.1';
  return plan(index === 0 ? 'gateway' : `gateway-${index}`, gatewayStopMs, async (self, onLine) => {
    // the port of the first gateway is configured, and clients know that of a gateway that was ready: keep both
    const port =
      self.ready?.port ??
      (index === 0 ? (options.port ?? 0) : await freeOr(host, options.port && options.port + index));
    const healthPort = await freeOr(host, self.ready?.healthPort ?? (index === 0 ? options.healthPort : undefined));
    const own = {
      MONGODB_URI: uriOf(self, system),
      HOST: host,
      PORT: String(port),
      HEALTH_PORT: String(healthPort || (await findFreePort(host))),
    };
    return launchProgram(programsOf(options).gateway, { ...environmentOf(self, options), ...own }, onLine);
  });
};

const planAggregator = (index: number, system: System): ManagedProcess => {
  const { options } = system;
  const host = '127.0.0.1'; // whatever address the gateway listens on: its wire is for gateways, not for clients
  const reserved =
    options.healthPort && index < (options.aggregators ?? 3) ? options.healthPort + 1 + index : undefined;
  return plan(`aggregator-${index}`, aggregatorStopMs, async (self, onLine) => {
    const healthPort = await freeOr(host, self.ready?.healthPort ?? reserved);
    const wirePort = options.environmentFor?.(self.name).WIRE_PORT ?? '0';
    const own = {
      AGGREGATOR_NAME: self.name,
      MONGODB_URI: uriOf(self, system),
      HOST: host,
      WIRE_PORT: wirePort,
      HEALTH_PORT: String(healthPort),
    };
    return launchProgram(programsOf(options).aggregator, { ...environmentOf(self, options), ...own }, onLine);
  });
};

const gatewayStopMs = 10_000;
const aggregatorStopMs = 30_000; // it hands over what it holds, then saves a last snapshot

const programsOf = ({ programs }: SystemOptions) =>
  programs ?? { gateway: [inDist('gateway.js')], aggregator: [inDist('aggregator.js')] };

const inDist = (name: string) => join(findProjectRoot(), 'dist', name);

const uriOf = ({ name }: ManagedProcess, system: System): string => {
  const uri = mongodbUriOf(system);
  return system.options.uriFor ? system.options.uriFor(name, uri) : uri;
};

const environmentOf = ({ name, settings }: ManagedProcess, options: SystemOptions): Environment => ({
  ...options.environment,
  ...options.environmentFor?.(name),
  ...settings,
});
