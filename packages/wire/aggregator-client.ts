import { type KeyObject, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { backOffMs } from '@muster/runtime';
import { type Complaints, complain, openComplaints, type WireProblem } from './complaints.ts';
import {
  blockWithinMs,
  type Frame,
  type Inbox,
  isOverdue,
  type Outbox,
  openInbox,
  openOutbox,
  readFrames,
  replyBytesMax,
  requestBytesMax,
} from './frames.ts';
import { type Greeting, greetWithinMs, hearWelcome, type Identity, keyOf, openGreeting } from './greeting.ts';
import {
  kinds,
  parseReadReply,
  parseStateReply,
  type ReadReply,
  type ReadRequest,
  type StateReply,
  writeReadRequest,
} from './messages.ts';
import { type Answer, minVersionsMax, parseAnswer, type Question, writeQuestion } from './questions.ts';

/**
 * The gateway's end of one long-lived connection to an aggregator, with many concurrent requests. A plain value,
 * changed only in this file. `suspect`: a request got no answer in time. Only probes are then sent, until the
 * aggregator answers again.
 */
export type AggregatorClient = {
  name: string;
  address: string;
  expected: Identity; // the process that must be at that address
  key: KeyObject;
  onProblem: (problem: WireProblem) => void;
  complaints: Complaints;
  socket: Socket | undefined; // connected or connecting
  inbox: Inbox;
  outbox: Outbox | undefined; // undefined until the greeting has succeeded
  slots: Map<number, Slot>; // requests without an answer, the oldest first
  nextRequest: number; // never reused on one connection, so that no late answer matches another request
  suspect: boolean;
  failures: number; // consecutive failed connections
  closed: boolean;
  reconnect: NodeJS.Timeout | undefined;
  sweep: NodeJS.Timeout | undefined;
};

export type AggregatorClientOptions = Identity & {
  /** host:port. */
  address: string;
  secret: string;
  /** Called with each protocol violation at that address, at most once in 10 seconds per kind. */
  onProblem: (problem: WireProblem) => void;
};

type Slot = { expiresAt: number; settle: (frame: Frame | undefined) => void };

const slotsMax = 20_000;
const sweepEveryMs = 10;
const probeEveryMs = 250;
const probeWithinMs = 100;
const requestMax = 0xffff_ffff;
const unsentBytesMax = 16 * 1024 * 1024;

/**
 * Opens a connection to an aggregator, and reopens it when it breaks, until `closeAggregatorClient`. Sends requests
 * only after the aggregator has proven its identity.
 */
export const openAggregatorClient = ({
  name,
  address,
  incarnation,
  database,
  secret,
  onProblem,
}: AggregatorClientOptions): AggregatorClient => {
  const client: AggregatorClient = {
    name,
    address,
    expected: { name, incarnation, database },
    key: keyOf(secret),
    onProblem,
    complaints: openComplaints(),
    socket: undefined,
    inbox: openInbox(replyBytesMax),
    outbox: undefined,
    slots: new Map(),
    nextRequest: 1,
    suspect: false,
    failures: 0,
    closed: false,
    reconnect: undefined,
    sweep: undefined,
  };
  dial(client);
  let sweeps = 0;
  client.sweep = setInterval(() => {
    expire(client);
    sweeps += 1;
    if (sweeps % (probeEveryMs / sweepEveryMs) === 0) probe(client);
  }, sweepEveryMs);
  return client;
};

/** Closes the connection. Waiting requests resolve to undefined. */
export const closeAggregatorClient = (client: AggregatorClient): void => {
  client.closed = true;
  clearTimeout(client.reconnect);
  clearInterval(client.sweep);
  client.socket?.destroy();
  disconnect(client);
};

/** Whether a request is likely to succeed: the connection is greeted, not suspect, and below its limit of requests. */
export const isAnswering = (client: AggregatorClient): boolean =>
  client.outbox !== undefined && !client.suspect && client.slots.size < slotsMax;

/** Reads what clients see of a thing. Resolves to undefined when no answer came within `withinMs` milliseconds. */
export const readFrom = async (
  client: AggregatorClient,
  request: ReadRequest,
  withinMs: number,
): Promise<ReadReply | undefined> => {
  const frame = await send(client, withinMs, (outbox, slot) => writeReadRequest(outbox, kinds.read, slot, request));
  return frame && parseReply(client, frame, kinds.readReply, parseReadReply);
};

/** Reads the state of a thing. Resolves to undefined when no answer came within `withinMs` milliseconds. */
export const readStateFrom = async (
  client: AggregatorClient,
  request: ReadRequest,
  withinMs: number,
): Promise<StateReply | undefined> => {
  const frame = await send(client, withinMs, (outbox, slot) =>
    writeReadRequest(outbox, kinds.readState, slot, request),
  );
  return frame && parseReply(client, frame, kinds.stateReply, parseStateReply);
};

/**
 * Sends a question. Resolves to undefined when no answer came within `withinMs` milliseconds, or when the question is
 * longer than an aggregator accepts.
 */
export const askAggregator = async (
  client: AggregatorClient,
  question: Question,
  withinMs: number,
): Promise<{ answer: Answer; text: string } | undefined> => {
  if (question.kind !== 'dump' && question.minVersions.length > minVersionsMax) return undefined;
  const frame = await send(client, withinMs, (outbox, slot) => writeQuestion(outbox, slot, question));
  return frame && parseReply(client, frame, kinds.answer, parseAnswer);
};

const parseReply = <T>(
  client: AggregatorClient,
  frame: Frame,
  kind: number,
  parse: (frame: Frame) => T,
): T | undefined => {
  try {
    if (frame.kind === kind) return parse(frame);
  } catch {
    // reported below
  }
  hangUp(client, 'it sent an invalid answer');
  return undefined;
};

const send = (
  client: AggregatorClient,
  withinMs: number,
  write: (outbox: Outbox, slot: number) => void,
): Promise<Frame | undefined> =>
  new Promise((settle) => {
    const { outbox } = client;
    if (!outbox || client.slots.size >= slotsMax || outbox.socket.writableLength > unsentBytesMax)
      return settle(undefined);
    const request = client.nextRequest;
    if (request > requestMax) {
      // All numbers are used. Start again on a new connection, where no old answer can arrive.
      client.nextRequest = 1;
      outbox.socket.destroy();
      disconnect(client);
      return settle(undefined);
    }
    try {
      write(outbox, request);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return settle(undefined); // longer than the other end accepts
    }
    client.nextRequest = request + 1;
    client.slots.set(request, { expiresAt: performance.now() + withinMs, settle });
  });

const dial = (client: AggregatorClient) => {
  const [host, port] = splitAddress(client.address);
  const socket = connect({ host, port, noDelay: true, keepAlive: true });
  client.socket = socket;
  const greeting = openGreeting(client.expected, randomBytes(32).toString('hex'));
  // the host may not answer at all, or not greet
  const timer = setTimeout(() => socket.destroy(), greetWithinMs);
  socket.on('data', (chunk) => {
    if (client.outbox) return receive(client, readFrames(client.inbox, chunk));
    greet(client, socket, greeting, chunk);
    if (client.outbox) clearTimeout(timer);
  });
  socket.on('error', () => undefined); // 'close' follows
  socket.once('close', () => {
    clearTimeout(timer);
    disconnect(client);
    if (client.closed) return;
    client.failures += 1;
    client.reconnect = setTimeout(() => dial(client), backOffMs(client.failures, 20, 1_000));
  });
};

const greet = (client: AggregatorClient, socket: Socket, greeting: Greeting, chunk: Buffer) => {
  const heard = hearWelcome(greeting, client.key, chunk);
  switch (heard.kind) {
    case 'waiting':
      return;
    case 'challenged':
      socket.write(heard.hello);
      return;
    case 'refused':
      socket.destroy();
      return report(client, heard.problem);
    case 'greeted':
      client.outbox = openOutbox(socket, requestBytesMax);
      client.inbox = openInbox(replyBytesMax);
      client.failures = 0;
      client.suspect = false;
  }
};

const receive = (client: AggregatorClient, frames: Frame[] | undefined) => {
  if (!frames) return hangUp(client, 'it sent an invalid or damaged frame');
  if (frames.length > 0) client.suspect = false;
  for (const frame of frames) {
    const slot = client.slots.get(frame.request);
    if (slot) {
      client.slots.delete(frame.request);
      slot.settle(frame);
    } else if (frame.request >= client.nextRequest) return hangUp(client, 'it answered a request that was never sent');
    // otherwise the answer is late and is discarded
  }
};

/** Closes the connection after a protocol violation. A new one is then opened. */
const hangUp = (client: AggregatorClient, message: string) => {
  client.outbox?.socket.destroy();
  disconnect(client); // at once: the remaining data are not trusted
  report(client, { kind: 'frame', message: `${message}; the connection is closed and opened again` });
};

const report = ({ name, address, complaints, onProblem }: AggregatorClient, { kind, message }: WireProblem) => {
  const problem = complain(
    complaints,
    { kind, message: `Cannot use ${name} at ${address}: ${message}` },
    performance.now(),
  );
  if (problem) onProblem(problem);
};

const disconnect = (client: AggregatorClient) => {
  client.outbox = undefined;
  const slots = [...client.slots.values()];
  client.slots.clear();
  for (const slot of slots) slot.settle(undefined);
};

// A slot with a longer wait may stand before a shorter one, so all are checked. Usually there are few.
const expire = (client: AggregatorClient) => {
  const now = performance.now();
  if (client.outbox && isOverdue(client.inbox, now))
    hangUp(client, `it did not complete a block within ${blockWithinMs / 1_000} s`);
  for (const [request, slot] of client.slots) {
    if (slot.expiresAt > now) continue;
    client.slots.delete(request);
    client.suspect = true;
    slot.settle(undefined);
  }
};

const probe = (client: AggregatorClient) => {
  if (client.outbox) void readFrom(client, { entity: '', id: '', minVersion: 0, waitMs: 0 }, probeWithinMs);
};

const splitAddress = (address: string): [host: string, port: number] => {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at), Number(address.slice(at + 1))];
};
