import { randomBytes } from 'node:crypto';
import { pause } from '@muster/runtime';
import { withinDeadline } from '@muster/store';
import { killProcess, processOf, startProcess, stopProcess, waitReady } from '@muster/supervisor';
import { killForGood, stopGently } from '@muster/testing';
import { type Arena, forgetOrders, order, orderAtStart } from './arena.ts';
import { fillDisk, freeDisk } from './disk.ts';
import type { Fault } from './fault.ts';
import { resetLinks, setFault } from './fault-proxy.ts';
import { insertInDisorder } from './insert-in-disorder.ts';
import { isPlaceKnown } from './is-place-known.ts';

/** The outcome of an injection. `impossible`: this machine or this server does not allow it. */
export type Injected = { kind: 'injected' } | { kind: 'impossible'; why: string };

const injected: Injected = { kind: 'injected' };

/** Makes a fault happen. It lasts until `heal`. Throws when a process or the database does not react. */
export const inject = async (arena: Arena, fault: Fault): Promise<Injected> => {
  const { test, disk } = arena;
  const { system } = test;
  if ('network' in fault) return injectIntoLink(arena, fault);
  if (!processOf(system, fault.target).spawned) return { kind: 'impossible', why: `${fault.target} does not run` };
  switch (fault.kind) {
    case 'kill':
    case 'database-kill':
      if (fault.ms > 0) await killForGood(test, fault.target);
      else await killProcess(system, fault.target, 'SIGKILL');
      return injected;
    case 'term':
      await stopGently(test, fault.target);
      return injected;
    case 'pause':
    case 'database-pause':
      await killProcess(system, fault.target, 'SIGSTOP');
      return injected;
    case 'crash':
    case 'failpoint':
      return injectFailpoint(arena, fault);
    case 'clock':
      order(arena, fault.target, { kind: 'clock', ms: fault.jumpMs });
      return injected;
    case 'oplog':
      return loseToken(arena, fault);
    case 'disorder':
      await insertInDisorder(arena);
      return injected;
    case 'disk':
      if (!disk) return { kind: 'impossible', why: 'this machine does not allow mounting a small disk' };
      await fillDisk(disk);
      return overfill(arena);
  }
};

/** Ends a fault and waits until the programs that it stopped are ready again. Throws after 60 s. */
export const heal = async (arena: Arena, fault: Fault): Promise<void> => {
  const { test, disk } = arena;
  const { system } = test;
  if ('network' in fault) return healLink(arena, fault);
  switch (fault.kind) {
    case 'kill':
    case 'database-kill':
    case 'term':
      return startUp(arena, fault.target);
    case 'pause':
    case 'database-pause':
      processOf(system, fault.target).spawned?.child.kill('SIGCONT');
      return waitReady(system, fault.target, readyWithinMs);
    case 'crash':
    case 'failpoint':
      forgetOrders(arena, fault.target);
      order(arena, fault.target, { kind: 'failpoint', name: fault.failpoint, action: undefined, nth: 0 });
      return waitReady(system, fault.target, readyWithinMs);
    case 'clock':
      order(arena, fault.target, { kind: 'clock', ms: 0 });
      return;
    case 'disorder':
      return;
    case 'oplog':
      processOf(system, fault.target).spawned?.child.kill('SIGCONT');
      return startUp(arena, fault.target);
    case 'disk':
      if (disk) await freeDisk(disk);
      // a server with a storage panic only answers errors, or ends: kill it, and the supervisor restarts it
      if (processOf(system, 'mongodb').spawned) await killProcess(system, 'mongodb', 'SIGKILL');
      return waitReady(system, 'mongodb', readyWithinMs);
  }
};

const readyWithinMs = 60_000;

type LinkFault = Extract<Fault, { network: unknown }>;

const injectIntoLink = async ({ links }: Arena, { kind, target, network }: LinkFault): Promise<Injected> => {
  const proxy = links.get(target);
  if (!proxy) return { kind: 'impossible', why: `there is no link ${target}` };
  await setFault(proxy, network);
  if (kind === 'reset' || kind === 'refuse') resetLinks(proxy);
  return injected;
};

const healLink = async ({ links }: Arena, { kind, target }: LinkFault): Promise<void> => {
  const proxy = links.get(target);
  if (!proxy) return;
  await setFault(proxy, {});
  if (kind === 'reset') resetLinks(proxy); // the second reset of this fault
};

const startUp = async ({ test: { system } }: Arena, name: string) => {
  await startProcess(system, name);
  await waitReady(system, name, readyWithinMs);
};

/** Orders a failpoint. A failpoint of a restore needs a process that starts, so this kills the process. */
const injectFailpoint = async (
  arena: Arena,
  fault: Extract<Fault, { kind: 'crash' | 'failpoint' }>,
): Promise<Injected> => {
  const action = fault.kind === 'crash' ? ({ kind: 'kill' } as const) : fault.action;
  const what = { kind: 'failpoint', name: fault.failpoint, action, nth: fault.nth } as const;
  if (!fault.failpoint.startsWith('restore')) {
    order(arena, fault.target, what);
    return injected;
  }
  orderAtStart(arena, fault.target, what);
  await killProcess(arena.test.system, fault.target, 'SIGKILL');
  return injected;
};

/**
 * Writes until the server refuses even small documents, at most 4 s, because the server has reserved space for its log.
 * It is also a fault if the server refuses only large documents.
 */
const overfill = async ({ test: { shell } }: Arena): Promise<Injected> => {
  const write = (bytes: number) =>
    withinDeadline(shell.db.collection('Noise').insertOne({ noise: randomBytes(bytes) }), 2_000, 'write noise').then(
      () => 0,
      () => 1,
    );
  let refused = 0;
  let inARow = 0; // the server refuses some writes while it creates files, and accepts the next one
  for (const until = performance.now() + overfillMs; performance.now() < until; ) {
    refused += await write(256 * 1024);
    inARow = (await write(200)) > 0 ? inARow + 1 : 0;
    if (inARow > 20) return injected;
  }
  return refused > 0 ? injected : { kind: 'impossible', why: 'this server still writes although its disk is full' };
};

const overfillMs = 4_000;

/** Slow enough that the oplog covers more than 1 s: the streams of the other aggregators must not skip events. */
const noiseEveryMs = 150;

/**
 * Longer than a stream may stay unread. This server lets an open cursor skip events that rolled over, but it refuses a
 * token that is too old.
 */
const unreadMs = 1_200;

/** Stops the aggregator and writes until its position has rolled out of the oplog, so that it cannot resume. */
const loseToken = async (arena: Arena, { target, how }: Extract<Fault, { kind: 'oplog' }>): Promise<Injected> => {
  const { test } = arena;
  const { shell, system } = test;
  const stream = shell.db.watch([], { maxAwaitTimeMS: 10 });
  try {
    await withinDeadline(stream.tryNext(), 5_000, 'open a change stream');
    if (how === 'paused') await killProcess(system, target, 'SIGSTOP');
    else {
      await killProcess(system, target, 'SIGKILL');
      await stopProcess(system, target);
    }
    await pause(unreadMs);
    const noise = shell.db.collection('Noise');
    for (let tries = 0; tries < 40; tries += 1) {
      await withinDeadline(
        noise.insertMany(Array.from({ length: 1_000 }, (_, index) => ({ index }))),
        10_000,
        'write noise',
      );
      if (tries >= 5 && !(await isPlaceKnown(shell, stream.resumeToken))) return injected;
      await pause(noiseEveryMs);
    }
    return { kind: 'impossible', why: 'this server can still resume after 40,000 writes' };
  } finally {
    void stream.close().catch(() => undefined);
  }
};
