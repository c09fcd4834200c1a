import { connect, type Socket } from 'node:net';
import { countMessages, findTimes } from './count-messages.ts';
import { readMachineMs } from './machine-clock.ts';
import type { ReceiveDemand, Received, SubscriberMessage, SubscribeSpec } from './subscribe-spec.ts';

// Subscribers of a feed, a process of its own. They share the machine with what is measured, so they must be cheap:
// plain sockets with one buffer for all, messages counted and not parsed.

const openingMax = 64;
const sampledOneOf = 20;
const lookEveryMs = 20;

/** The state of all connections. A plain value, changed only in this file. */
type Subscribers = {
  spec: SubscribeSpec;
  buffer: Buffer;
  sockets: Set<Socket>;
  begun: number;
  open: number;
  received: Received;
  ownFrom: NodeJS.CpuUsage;
};

type Connection = {
  socket: Socket;
  isOpen: boolean;
  isSampled: boolean;
  rest: Buffer | undefined;
  text: string;
};

const nothing = (): Received => ({
  ...{ messages: 0, arrivals: 0, bytes: 0, lost: 0, samples: [], message: '', ownMs: 0 },
});

const run = (spec: SubscribeSpec): void => {
  const subscribers: Subscribers = {
    ...{ spec, buffer: Buffer.allocUnsafe(65_536), sockets: new Set(), begun: 0, open: 0 },
    ...{ received: nothing(), ownFrom: process.cpuUsage() },
  };
  process.on('message', (demand: ReceiveDemand) => void answer(subscribers, demand));
  while (subscribers.begun < Math.min(openingMax, spec.connections)) open(subscribers);
};

const open = (subscribers: Subscribers): void => {
  const { spec, buffer, begun } = subscribers;
  const { hostname, port } = new URL(spec.url);
  const receiving = { buffer, callback: (length: number) => receive(subscribers, connection, length) };
  const socket = connect({ host: hostname, port: Number(port), onread: receiving });
  const connection: Connection = {
    ...{ socket, isOpen: false, isSampled: begun % sampledOneOf === 0, rest: undefined, text: '' },
  };
  subscribers.begun += 1;
  subscribers.sockets.add(socket);
  socket.on('error', () => undefined); // 'close' follows
  socket.on('close', () => lose(subscribers, connection));
  socket.write(requestOf(spec, spec.paths[begun % spec.paths.length] ?? '/'));
};

const requestOf = ({ url, protocol }: SubscribeSpec, path: string): string => {
  const head = `GET ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n`;
  if (protocol === 'sse') return `${head}Accept: text/event-stream\r\n\r\n`;
  const key = Buffer.alloc(16).toString('base64');
  return (
    `${head}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
    `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`
  );
};

const receive = (subscribers: Subscribers, connection: Connection, length: number): boolean => {
  const { buffer, received } = subscribers;
  const bytes = buffer.subarray(0, length);
  if (!connection.isOpen) begin(subscribers, connection, bytes);
  const { count, rest } = countMessages(connection.rest, bytes);
  connection.rest = rest;
  received.messages += count;
  received.bytes += length;
  if (count > 0) received.arrivals += 1;
  if (connection.isSampled) sample(received, connection, bytes);
  return true;
};

/** Reads the status of the answer, and opens the next connection. */
const begin = (subscribers: Subscribers, connection: Connection, bytes: Buffer): void => {
  const { spec } = subscribers;
  const head = bytes.toString('latin1', 0, 400);
  if (!/^HTTP\/1\.1 (200|101) /.test(head)) return fail(`expected status 200 or 101, found ${head}`);
  connection.isOpen = true;
  subscribers.open += 1;
  if (subscribers.open === spec.connections) tell({ kind: 'open' });
  if (subscribers.begun < spec.connections) open(subscribers);
};

const sample = (received: Received, connection: Connection, bytes: Buffer): void => {
  const at = readMachineMs();
  const text = bytes.toString('latin1');
  const { dueAts, rest } = findTimes(connection.text, text);
  connection.text = rest;
  for (const dueAt of dueAts) received.samples.push([dueAt, at]);
  received.message ||= /id: [^\n]*\ndata: \{"specversion"[^\n]*\n\n/.exec(text)?.[0] ?? '';
};

const lose = (subscribers: Subscribers, { socket, isOpen }: Connection): void => {
  subscribers.sockets.delete(socket);
  subscribers.received.lost += 1;
  if (!isOpen) fail(`connection ${subscribers.open + 1} was closed before its answer`);
};

const answer = async (subscribers: Subscribers, { messages, withinMs }: ReceiveDemand): Promise<void> => {
  const untilMs = performance.now() + withinMs;
  while (subscribers.received.messages < messages && performance.now() < untilMs) await sleepMs(lookEveryMs);
  const { user, system } = process.cpuUsage(subscribers.ownFrom);
  tell({ kind: 'received', received: { ...subscribers.received, ownMs: (user + system) / 1_000 } });
  subscribers.received = nothing();
  subscribers.ownFrom = process.cpuUsage();
};

const fail = (problem: string): void => {
  tell({ kind: 'problem', problem });
  process.exitCode = 1;
  process.disconnect?.();
};

const sleepMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const tell = (message: SubscriberMessage) => void (process.connected && process.send?.(message));

process.once('disconnect', () => process.exit()); // its parent is gone, or has heard of a problem
process.once('message', (spec: SubscribeSpec) => run(spec));
