import { join } from 'node:path';
import { findFreePort, findProjectRoot } from '@muster/embedded';
import type { FailpointPassed, FaultOrder } from '@muster/runtime';
import { type ProcessEvent, processOf } from '@muster/supervisor';
import { openTestSystem, type TestSystem } from '@muster/testing';
import { type Disk, openDisk } from './disk.ts';
import type { LinkName } from './fault.ts';
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts';
import type { Call } from './history.ts';
import type { Life } from './plan.ts';

/**
 * A Muster with a fault proxy on each link and failpoints in its programs. Only this file changes the mutable parts.
 */
export type Arena = AsyncDisposable & {
  test: TestSystem;
  links: ReadonlyMap<LinkName, FaultProxy>;
  /** The small file system of MongoDB, if the life needs one and the machine allows it. */
  disk: Disk | undefined;
  /** The orders that a process gets at its next start, by its name. */
  orders: Map<string, FaultOrder[]>;
  /** The failpoints that programs have passed, with what happened there. */
  passed: (FailpointPassed & { process: string; at: number })[];
  /** The events of the processes, such as their output, with the time on the monotonic clock. */
  happened: { at: number; event: ProcessEvent }[];
  /** The events that the harness inserted into the log, as calls without an answer. */
  inserted: Call[];
  /** Called when a gateway ends. */
  onGatewayGone: () => void;
};

export type ArenaOptions = {
  life: Pick<Life, 'seed' | 'aggregators' | 'gateways' | 'disk'>;
  environment?: Record<string, string>;
  oplogMaxEntries?: number;
};

/**
 * Starts a Muster as real processes on a new database, with a fault proxy on each link. Throws if it does not start.
 */
export const openArena = async ({ life, environment = {}, oplogMaxEntries = 6_000 }: ArenaOptions): Promise<Arena> => {
  const aggregators = Array.from({ length: life.aggregators }, (_, index) => `aggregator-${index}`);
  const gateways = Array.from({ length: life.gateways }, (_, index) => (index === 0 ? 'gateway' : `gateway-${index}`));
  const disk = life.disk ? await openDisk() : undefined;
  const links = await openLinks(aggregators, gateways, life.seed);
  const ports = (name: string): Record<string, string> => {
    const wire = links.get(`wire:${name}`);
    return wire ? { WIRE_PORT: String(wire.target.port), ADVERTISED_PORT: String(wire.port) } : {};
  };
  const arena: Omit<Arena, 'test'> & { test?: TestSystem } = {
    ...{ links, disk, orders: new Map(), passed: [], happened: [], inserted: [], onGatewayGone: () => undefined },
    [Symbol.asyncDispose]: async () => {
      await arena.test?.[Symbol.asyncDispose]();
      for (const proxy of links.values()) await proxy[Symbol.asyncDispose]();
      await disk?.[Symbol.asyncDispose]();
    },
  };
  try {
    arena.test = await openTestSystem({
      ...{
        aggregators: life.aggregators,
        gateways: life.gateways,
        oplogMaxEntries,
        // readers of the feed have to catch up, and states leave memory soon
        environment: { LIVE_RING_EVENTS: '60', EVICT_AFTER_MS: '200', ...environment },
        environmentFor: ports,
      },
      ...(disk ? { dataPath: disk.path } : {}),
      programs: { gateway: [builtForFaults('gateway.js')], aggregator: [builtForFaults('aggregator.js')] },
      uriFor: (name, uri) => throughProxy(links.get(`mongodb:${name}`), uri),
      onEvent: (event) => take(arena, event),
    });
  } catch (error) {
    await arena[Symbol.asyncDispose]();
    throw error;
  }
  for (const name of [...gateways, ...aggregators]) listenTo(arena, arena.test, name);
  return arena as Arena;
};

/** Sends an order to a process now. Does nothing if the process does not run. */
export const order = ({ test }: Pick<Arena, 'test'>, name: string, what: FaultOrder): void => {
  const child = processOf(test.system, name).spawned?.child;
  if (child?.connected) child.send(what, () => undefined); // fails if the process ends just now
};

/** Keeps an order that a process gets at its next start. */
export const orderAtStart = ({ orders }: Arena, name: string, what: FaultOrder): void => {
  orders.set(name, [...(orders.get(name) ?? []), what]);
};

/** Discards the orders for the next start of a process. */
export const forgetOrders = ({ orders }: Arena, name: string): void => void orders.delete(name);

const openLinks = async (
  aggregators: string[],
  gateways: string[],
  seed: number,
): Promise<Map<LinkName, FaultProxy>> => {
  const host = '127.0.0.1';
  const links = new Map<LinkName, FaultProxy>();
  for (const name of [...gateways, ...aggregators])
    links.set(`mongodb:${name}`, await openFaultProxy({ host, port: 0 }, seed + links.size));
  for (const name of aggregators)
    links.set(`wire:${name}`, await openFaultProxy({ host, port: await findFreePort(host) }, seed + links.size));
  return links;
};

const builtForFaults = (name: string) => join(findProjectRoot(), 'dist', 'chaos', name);

// with the URI of a replica set, the driver would bypass the proxy: it connects to the server's own address
const throughProxy = (proxy: FaultProxy | undefined, uri: string): string => {
  if (!proxy) return uri;
  proxy.target = { host: '127.0.0.1', port: Number(new URL(uri).port) };
  return `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
};

const take = (arena: Omit<Arena, 'test'> & { test?: TestSystem }, event: ProcessEvent) => {
  arena.happened.push({ at: performance.now(), event });
  if ((event.kind === 'died' || event.kind === 'stopped') && event.name.startsWith('gateway')) arena.onGatewayGone();
  if (event.kind !== 'started' || !arena.test || event.name === 'mongodb') return;
  listenTo(arena, arena.test, event.name);
  for (const what of arena.orders.get(event.name) ?? []) order({ test: arena.test }, event.name, what);
  arena.orders.delete(event.name);
};

const listenTo = ({ passed }: Pick<Arena, 'passed'>, { system }: TestSystem, name: string) => {
  processOf(system, name).spawned?.child.on('message', (message: FailpointPassed) => {
    if (message?.kind === 'failpoint') passed.push({ ...message, process: name, at: performance.now() });
  });
};
