import { connect, type Socket } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { GeneratorMessage, LoadSpec, Waits } from './load-spec.ts';
import { readMachineMs } from './machine-clock.ts';
import { parseAnswer } from './parse-answer.ts';
import { isInWindow, openRecord, recordAnswer, recordFault, recordNotSent, resultOf } from './record-load.ts';
import { makeRequest, noteAnswer, openSource, type Request, type Source, timeOf } from './requests.ts';

// The load generator, a process of its own. It shares the machine with what it measures, so it must be cheap: plain
// sockets, one request at a time on each, answers parsed only as far as needed.
//
// An open loop sends at a constant rate. A request that is due goes to an idle connection, else to a new one, else it
// waits. Its time runs from the moment when it was due, so a slow answer does not hide the wait of those behind it. A
// request without an answer 10 s after it was due is a failure.

const withinMs = 10_000;
const sweepEveryMs = 100;
const waitingMax = 100_000;
const idleMaxMs = 3_000; // a Node server closes a connection after 5 s without a request

/** One connection, with its pending request. */
type Connection = {
  socket: Socket;
  request: Request | undefined;
  dueAt: number;
  /** When the request went to the socket. */
  sentAt: number;
  /** Infinite until the connection is there. */
  connectedAt: number;
  idleSince: number;
  rest: Buffer | undefined;
};

/** The state of a running load. A plain value, changed only in this file. Times are in milliseconds. */
type Load = {
  spec: LoadSpec;
  source: Source;
  record: ReturnType<typeof openRecord>;
  connections: Set<Connection>;
  idle: Connection[];
  /** When each waiting request was due, from `waitingFrom` on. */
  waiting: number[];
  waitingFrom: number;
  startedAt: number;
  /** How far the machine's clock is before that of this process. */
  clockAheadMs: number;
  /** No request is due after this. */
  endsAt: number;
};

const run = async (spec: LoadSpec): Promise<void> => {
  const source = openSource(spec);
  const startedAt = performance.now() + 5;
  const totalMs =
    1_000 * (spec.phases?.reduce((sum, { seconds }) => sum + seconds, 0) ?? spec.warmSeconds + spec.seconds);
  const load: Load = {
    spec,
    source,
    record: openRecord(startedAt, spec.warmSeconds * 1_000, totalMs),
    connections: new Set(),
    idle: [],
    waiting: [],
    waitingFrom: 0,
    startedAt,
    clockAheadMs: readMachineMs() - performance.now(),
    endsAt: startedAt + totalMs,
  };
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const sweeping = setInterval(() => sweep(load), sweepEveryMs);
  const [ownMicros] = await Promise.all([measureWindow(load), sendAll(load)]);
  while (isPending(load)) await sleepMs(5);
  clearInterval(sweeping);
  for (const { socket } of load.connections) socket.destroy();
  tell({ kind: 'result', result: resultOf(load.record, ownMicros, delay.max / 1e6) });
};

/** Announces the edges of the window. Returns the processor time of this process between them, in microseconds. */
const measureWindow = async ({ spec, startedAt, endsAt }: Load): Promise<number> => {
  await sleepMs(startedAt + spec.warmSeconds * 1_000 - performance.now());
  const before = process.cpuUsage();
  tell({ kind: 'begin' });
  await sleepMs(endsAt - performance.now());
  const { user, system } = process.cpuUsage(before);
  tell({ kind: 'end' });
  return user + system;
};

/** Sends until the end. In a closed loop, the answers send the further requests. */
const sendAll = async (load: Load): Promise<void> => {
  if (load.spec.phases) return await sendAtRates(load, load.spec.phases);
  openClosedLoop(load);
  await sleepMs(load.endsAt - performance.now());
};

const isPending = ({ connections, idle, waiting, waitingFrom }: Load) =>
  connections.size > idle.length || waiting.length > waitingFrom;

const sendAtRates = async (load: Load, phases: readonly { perSecond: number; seconds: number }[]): Promise<void> => {
  let from = load.startedAt;
  for (const { perSecond, seconds } of phases) {
    const total = Math.round(perSecond * seconds);
    for (let number = 0; number < total; ) {
      const now = performance.now();
      for (; number < total && from + (number * 1_000) / perSecond <= now; number += 1)
        take(load, from + (number * 1_000) / perSecond);
      if (number < total) await sleepMs(1);
    }
    from += seconds * 1_000;
  }
};

const take = (load: Load, dueAt: number): void => {
  const connection = findIdle(load) ?? (load.connections.size < load.spec.connections ? open(load) : undefined);
  if (connection !== undefined) return send(load, connection, dueAt);
  if (load.waiting.length - load.waitingFrom < (load.spec.queueMax ?? waitingMax)) load.waiting.push(dueAt);
  else recordNotSent(load.record);
};

const findIdle = (load: Load): Connection | undefined => {
  for (let found = load.idle.pop(); found !== undefined; found = load.idle.pop()) {
    if (performance.now() - found.idleSince < idleMaxMs) return found;
    close(load, found);
  }
  return undefined;
};

const openClosedLoop = (load: Load): void => {
  for (let count = 0; count < load.spec.connections; count += 1) send(load, open(load), performance.now());
};

const open = (load: Load): Connection => {
  const { hostname, port } = new URL(load.spec.url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const connection: Connection = {
    ...{ socket, request: undefined, rest: undefined, dueAt: 0, sentAt: 0, idleSince: 0 },
    connectedAt: Number.POSITIVE_INFINITY,
  };
  load.connections.add(connection);
  socket.once('connect', () => {
    connection.connectedAt = performance.now();
  });
  socket.on('data', (bytes) => receive(load, connection, bytes));
  socket.on('error', () => lose(load, connection, 'connection error'));
  socket.on('close', () => lose(load, connection, 'connection closed'));
  return connection;
};

const send = (load: Load, connection: Connection, dueAt: number): void => {
  connection.request = makeRequest(load.source, dueAt + load.clockAheadMs);
  connection.dueAt = dueAt;
  connection.sentAt = performance.now();
  connection.socket.write(connection.request.text);
};

const receive = (load: Load, connection: Connection, bytes: Buffer): void => {
  const { request, rest, dueAt } = connection;
  const all = rest === undefined ? bytes : Buffer.concat([rest, bytes]);
  if (request === undefined) return close(load, connection); // nobody asked for this
  try {
    const answer = parseAnswer(all);
    connection.rest = answer === undefined ? all : undefined;
    if (answer === undefined) return;
    const at = performance.now();
    recordAnswer(load.record, request, answer.status, dueAt, at, waitsOf(connection, at));
    if (answer.status === request.expected)
      noteAnswer(load.source, request, () => all.toString('utf8', answer.bodyFrom, answer.end));
    if (load.spec.recipe === 'timed') noteTime(load, dueAt, at);
    connection.request = undefined;
    if (answer.isLast) close(load, connection);
    goOn(load, answer.isLast ? undefined : connection);
  } catch {
    lose(load, connection, 'unreadable answer');
  }
};

const noteTime = ({ record, clockAheadMs }: Load, dueAt: number, at: number): void => {
  if (isInWindow(record, dueAt)) record.answers.push([Number(timeOf(dueAt + clockAheadMs)), at + clockAheadMs]);
};

const waitsOf = ({ dueAt, sentAt, connectedAt }: Connection, at: number): Waits => {
  const toServiceAt = Math.max(sentAt, connectedAt);
  return { unsentMs: sentAt - dueAt, connectMs: toServiceAt - sentAt, answerMs: at - toServiceAt };
};

/** A connection is free, or may be opened: uses it for the next request. */
const goOn = (load: Load, free: Connection | undefined): void => {
  const isOpenLoop = load.spec.phases !== undefined;
  const now = performance.now();
  const dueAt = isOpenLoop ? nextWaiting(load) : now < load.endsAt ? now : undefined;
  if (dueAt !== undefined) return send(load, free ?? open(load), dueAt);
  if (free === undefined) return;
  free.idleSince = now;
  load.idle.push(free);
};

const nextWaiting = (load: Load): number | undefined => {
  const dueAt = load.waiting[load.waitingFrom];
  if (dueAt === undefined) return undefined;
  load.waitingFrom += 1;
  if (load.waitingFrom > 10_000) {
    load.waiting.splice(0, load.waitingFrom);
    load.waitingFrom = 0;
  }
  return dueAt;
};

const close = (load: Load, connection: Connection): void => {
  load.connections.delete(connection);
  connection.socket.destroy();
};

const lose = (load: Load, connection: Connection, why: string): void => {
  if (!load.connections.has(connection)) return;
  close(load, connection);
  const at = load.idle.indexOf(connection);
  if (at >= 0) load.idle.splice(at, 1);
  if (connection.request === undefined) return;
  recordFault(load.record, connection.request.kind, why, connection.dueAt);
  setTimeout(() => goOn(load, undefined), 10); // not at once: a dead target would be asked without pause
};

const sweep = (load: Load): void => {
  const before = performance.now() - withinMs;
  for (const connection of load.connections)
    if (connection.request !== undefined && connection.dueAt < before) lose(load, connection, 'no answer within 10 s');
  while ((load.waiting[load.waitingFrom] ?? Number.POSITIVE_INFINITY) < before)
    recordFault(load.record, 'unsent', 'not sent within 10 s', nextWaiting(load) ?? 0);
};

const sleepMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const tell = (message: GeneratorMessage) => void process.send?.(message);

process.once('disconnect', () => process.exit(1)); // its parent is gone
await run(JSON.parse(process.argv[2] ?? '{}') as LoadSpec);
process.disconnect?.();
