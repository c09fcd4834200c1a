import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { nextRandom, openSeeded, type Seeded } from '@muster/testing';

/** What the network does to the bytes that pass. `up` is the direction from the client to the target. */
export type NetworkFault = {
  /** All bytes are delayed by `delayMs` plus a random time up to `jitterMs`, in milliseconds. */
  delayMs?: number;
  jitterMs?: number;
  bytesPerSecond?: number;
  /** Bytes are passed on in pieces of at most this size. */
  sliceBytes?: number;
  /** Nothing passes in this direction, without an error. Connections stay open, and the bytes wait, as with TCP. */
  blackHole?: Direction | 'both';
  /** New connections are refused. Existing ones stay. */
  refuse?: boolean;
  /** Each connection breaks after this number of further bytes. */
  cutAfterBytes?: number;
};

export type Direction = 'up' | 'down';

/** A proxy between two processes. Its fault can change while it runs. A plain value; only this file changes it. */
export type FaultProxy = AsyncDisposable & {
  readonly port: number;
  /** The target of connections. It may be set after the proxy is opened, before the first connection. */
  target: { host: string; port: number };
  fault: NetworkFault;
  /** The bytes that passed since the start, and the number of connections. */
  passed: Record<Direction, number>;
  connections: number;
  readonly links: Set<Link>;
  readonly random: Seeded;
  readonly changes: EventEmitter;
  readonly server: Server;
};

/** One connection through the proxy. `sinceFault`: the bytes that passed since the fault was set. */
type Link = { client: Socket; upstream: Socket; sinceFault: number; closed: boolean };

type Pipe = {
  direction: Direction;
  from: Socket;
  to: Socket;
  waiting: Piece[];
  waitingBytes: number;
  running: boolean;
};

/** Bytes, or undefined for the end of the stream. */
type Piece = { bytes: Buffer | undefined; dueAt: number };

const waitingBytesMax = 1024 * 1024;

/** Opens a proxy to `target` on a free port of 127.0.0.1, without a fault. `seed` decides its jitter. */
export const openFaultProxy = async (target: { host: string; port: number }, seed = 1): Promise<FaultProxy> => {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => openLink(proxy, client));
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  const proxy: FaultProxy = {
    ...{
      port,
      target,
      fault: {},
      passed: { up: 0, down: 0 },
      connections: 0,
      links: new Set(),
      random: openSeeded(seed),
      server,
    },
    changes: new EventEmitter().setMaxListeners(0),
    [Symbol.asyncDispose]: () => closeProxy(proxy),
  };
  return proxy;
};

/** Replaces the fault. An empty fault heals: then bytes that waited in a black hole pass. */
export const setFault = async (proxy: FaultProxy, fault: NetworkFault): Promise<void> => {
  proxy.fault = fault;
  for (const link of proxy.links) link.sinceFault = 0;
  if (fault.refuse && proxy.server.listening) proxy.server.close();
  if (!fault.refuse && !proxy.server.listening) await listen(proxy.server, proxy.port);
  proxy.changes.emit('change');
};

/** Resets all connections at both ends. */
export const resetLinks = (proxy: FaultProxy): void => {
  for (const link of [...proxy.links]) breakLink(proxy, link);
};

const listen = (server: Server, port: number) =>
  new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });

const closeProxy = async (proxy: FaultProxy) => {
  proxy.fault = {};
  for (const link of [...proxy.links]) breakLink(proxy, link);
  if (proxy.server.listening) await new Promise((resolve) => proxy.server.close(resolve));
};

const openLink = (proxy: FaultProxy, client: Socket) => {
  const upstream = connect({ ...proxy.target, noDelay: true, allowHalfOpen: true });
  const link: Link = { client, upstream, sinceFault: 0, closed: false };
  proxy.links.add(link);
  proxy.connections += 1;
  openPipe(proxy, link, 'up', client, upstream);
  openPipe(proxy, link, 'down', upstream, client);
};

const openPipe = (proxy: FaultProxy, link: Link, direction: Direction, from: Socket, to: Socket) => {
  const pipe: Pipe = { direction, from, to, waiting: [], waitingBytes: 0, running: false };
  from.on('error', () => undefined); // `close` follows
  from.on('data', (bytes) => take(proxy, link, pipe, bytes));
  from.once('end', () => take(proxy, link, pipe, undefined));
  from.once('close', () => take(proxy, link, pipe, undefined)); // after an error there is no `end`
};

const take = (proxy: FaultProxy, link: Link, pipe: Pipe, bytes: Buffer | undefined) => {
  if (link.closed) return;
  const { delayMs = 0, jitterMs = 0 } = proxy.fault;
  const dueAt = performance.now() + delayMs + (jitterMs > 0 ? nextRandom(proxy.random) * jitterMs : 0);
  pipe.waiting.push({ bytes, dueAt });
  pipe.waitingBytes += bytes?.length ?? 0;
  if (pipe.waitingBytes > waitingBytesMax) pipe.from.pause();
  if (!pipe.running) void run(proxy, link, pipe).catch(() => breakLink(proxy, link));
};

/** Passes on the waiting pieces in order; without a fault in the same tick in which they arrived. */
const run = async (proxy: FaultProxy, link: Link, pipe: Pipe) => {
  pipe.running = true;
  for (let piece = pipe.waiting.shift(); piece && !link.closed; piece = pipe.waiting.shift()) {
    const early = piece.dueAt - performance.now();
    if (early > 1) await sleep(early);
    while (isHeld(proxy, pipe.direction) && !link.closed) await once(proxy.changes, 'change');
    if (link.closed) break;
    if (piece.bytes) await passOn(proxy, link, pipe, piece.bytes);
    else end(proxy, link, pipe);
    pipe.waitingBytes -= piece.bytes?.length ?? 0;
    if (pipe.waitingBytes <= waitingBytesMax && pipe.from.isPaused()) pipe.from.resume();
  }
  pipe.running = false;
};

const isHeld = ({ fault }: FaultProxy, direction: Direction) =>
  fault.blackHole === 'both' || fault.blackHole === direction;

const passOn = async (proxy: FaultProxy, link: Link, pipe: Pipe, bytes: Buffer) => {
  for (let at = 0; at < bytes.length && !link.closed; ) {
    const { bytesPerSecond, sliceBytes = bytes.length, cutAfterBytes = Number.POSITIVE_INFINITY } = proxy.fault;
    const most = Math.max(1, Math.min(sliceBytes, bytesPerSecond ? bytesPerSecond / 20 : bytes.length));
    const left = cutAfterBytes - link.sinceFault;
    const piece = bytes.subarray(at, at + Math.min(Math.ceil(most), Math.max(0, left)));
    at += piece.length;
    if (bytesPerSecond) await sleep((piece.length / bytesPerSecond) * 1_000);
    link.sinceFault += piece.length;
    proxy.passed[pipe.direction] += piece.length;
    if (piece.length > 0 && !pipe.to.write(piece)) await drained(pipe.to);
    if (link.sinceFault >= cutAfterBytes) {
      await sleep(5); // so that the bytes before the cut arrive
      return breakLink(proxy, link);
    }
    if (at < bytes.length) await sleep(0);
    while (isHeld(proxy, pipe.direction) && !link.closed) await once(proxy.changes, 'change');
  }
};

const drained = (socket: Socket) =>
  new Promise<void>((resolve) => {
    socket.once('drain', resolve);
    socket.once('close', () => resolve());
  });

/** Ends the other side after one side has ended and all its bytes have been passed on. */
const end = (proxy: FaultProxy, link: Link, pipe: Pipe) => {
  if (pipe.from.errored) return breakLink(proxy, link);
  pipe.to.end();
  if (!link.client.writableEnded || !link.upstream.writableEnded) return;
  link.closed = true;
  proxy.links.delete(link);
};

const breakLink = (proxy: FaultProxy, link: Link) => {
  link.closed = true;
  proxy.links.delete(link);
  for (const socket of [link.client, link.upstream]) {
    if (socket.connecting || socket.destroyed) socket.destroy();
    else socket.resetAndDestroy();
  }
  proxy.changes.emit('change'); // wakes pipes of this link that wait in a black hole
};
