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
  openSender,
  readFrames,
  replyBytesMax,
  requestBytesMax,
  type Sender,
} from './frames.ts';
import { type Greeting, greetWithinMs, hearWelcome, type Identity, keyOf, openGreeting } from './greeting.ts';
import { localPathOf } from './local-path.ts';
import {
  kinds,
  parseReadReply,
  parseStateReply,
  type ReadReply,
  type ReadRequest,
  type StateReply,
  writeReadRequest,
} from './messages.ts';
import { minVersionsMax } from './parsed-values.ts';
import { type Answer, parseAnswer, type Question, writeQuestion } from './questions.ts';

/**
 * The gateway's end of one long-lived connection to an aggregator, with many concurrent requests. A plain value,
 * changed only in this file. `suspect`: a request got no answer in time. Only probes are then sent, until the
 * aggregator answers again.
 */
export type AggregatorClient = {
  name: string;
  address: string;
  expected: Identity; // the process that must be at that address
  sender: Sender;
  key: KeyObject;
  onProblem: (problem: WireProblem) => void;
  complaints: Complaints;
  socket: Socket | undefined; // connected or connecting
  inbox: Inbox;
  outbox: Outbox | undefined; // undefined until the greeting has succeeded
  slots: Slot[]; // by request number, modulo their count
  waiting: number; // requests without an answer
  oldestRequest: number; // no older request is without an answer
  nextRequest: number; // never reused on one connection, so that no late answer matches another request
  suspect: boolean;
  failures: number; // consecutive failed connections
  closed: boolean;
  reconnect: NodeJS.Timeout | undefined;
  sweep: NodeJS.Timeout | undefined; // while requests wait
  probing: NodeJS.Timeout | undefined;
};

export type AggregatorClientOptions = Identity & {
  /** host:port. */
  address: string;
  secret: string;
  /** Shared by all connections of this process. */
  sender?: Sender;
  /** Called with each protocol violation at that address, at most once in 10 seconds per kind. */
  onProblem: (problem: WireProblem) => void;
};

/**
 * The place of one request. `request` is 0 while the place is free. The same objects are used again and again: a `Map`
 * of new ones costs a third more, through the garbage that survives a collection.
 */
type Slot = { request: number; expiresAt: number; settle: (frame: Frame | undefined) => void };

const slotCount = 16_384; // a power of two
const slotsMax = 15_000; // requests without an answer: there is always a free slot nearby
const sweepEveryMs = 10;
const probeEveryMs = { suspect: 250, usual: 1_000 };
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
  sender = openSender(),
  onProblem,
}: AggregatorClientOptions): AggregatorClient => {
  const client: AggregatorClient = {
    name,
    address,
    expected: { name, incarnation, database },
    sender,
    key: keyOf(secret),
    onProblem,
    complaints: openComplaints(),
    socket: undefined,
    inbox: openInbox(replyBytesMax),
    outbox: undefined,
    slots: Array.from({ length: slotCount }, () => ({ request: 0, expiresAt: 0, settle: nobody })),
    waiting: 0,
    oldestRequest: 1,
    nextRequest: 1,
    suspect: false,
    failures: 0,
    closed: false,
    reconnect: undefined,
    sweep: undefined,
    probing: undefined,
  };
  dial(client);
  probeLater(client);
  return client;
};

/** Closes the connection. Waiting requests resolve to undefined. */
export const closeAggregatorClient = (client: AggregatorClient): void => {
  client.closed = true;
  clearTimeout(client.reconnect);
  clearTimeout(client.probing);
  clearTimeout(client.sweep);
  client.socket?.destroy();
  disconnect(client);
};

/** Whether a request is likely to succeed: the connection is greeted, not suspect, and below its limit of requests. */
export const isAnswering = (client: AggregatorClient): boolean =>
  client.outbox !== undefined && !client.suspect && client.waiting < slotsMax;

/** Whether requests to this aggregator wait to be sent together, in some turns of the event loop. */
export const isAboutToSend = (client: AggregatorClient): boolean => client.outbox?.scheduled === true;

/**
 * Reads what clients see of a thing. Calls `take` once, without a promise: with undefined when no answer came within
 * `withinMs` milliseconds.
 */
export const readThen = (
  client: AggregatorClient,
  request: ReadRequest,
  withinMs: number,
  take: (reply: ReadReply<Buffer> | undefined) => void,
): void =>
  send(
    client,
    withinMs,
    (outbox, number) => writeReadRequest(outbox, kinds.read, number, request),
    (frame) => take(frame && parseReply(client, frame, kinds.readReply, parseReadReply)),
  );

/** Reads the state of a thing. Calls `take` once: with undefined when no answer came within `withinMs` milliseconds. */
export const readStateThen = (
  client: AggregatorClient,
  request: ReadRequest,
  withinMs: number,
  take: (reply: StateReply | undefined) => void,
): void =>
  send(
    client,
    withinMs,
    (outbox, number) => writeReadRequest(outbox, kinds.readState, number, request),
    (frame) => take(frame && parseReply(client, frame, kinds.stateReply, parseStateReply)),
  );

/** Reads the state of a thing. Resolves to undefined when no answer came within `withinMs` milliseconds. */
export const readStateFrom = (
  client: AggregatorClient,
  request: ReadRequest,
  withinMs: number,
): Promise<StateReply | undefined> => new Promise((resolve) => readStateThen(client, request, withinMs, resolve));

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
  const frame = await new Promise<Frame | undefined>((resolve) =>
    send(client, withinMs, (outbox, number) => writeQuestion(outbox, number, question), resolve),
  );
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

/** Sends a request and calls `settle` once, with its answer or undefined. */
const send = (
  client: AggregatorClient,
  withinMs: number,
  write: (outbox: Outbox, number: number) => void,
  settle: (frame: Frame | undefined) => void,
): void => {
  const { outbox } = client;
  if (!outbox || client.waiting >= slotsMax || outbox.socket.writableLength > unsentBytesMax) return settle(undefined);
  const slot = nextSlot(client);
  const request = client.nextRequest;
  if (request > requestMax) {
    // All numbers are used. Start again on a new connection, where no old answer can arrive.
    outbox.socket.destroy();
    disconnect(client);
    client.nextRequest = 1;
    client.oldestRequest = 1;
    return settle(undefined);
  }
  try {
    write(outbox, request);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return settle(undefined); // longer than the other end accepts
  }
  client.nextRequest = request + 1;
  client.waiting += 1;
  slot.request = request;
  slot.expiresAt = performance.now() + withinMs;
  slot.settle = settle;
  sweepLater(client);
};

const sweepLater = (client: AggregatorClient) => {
  // after a busy turn of the event loop, read the answers that have arrived before any request expires
  client.sweep ??= setTimeout(() => setImmediate(sweep, client), sweepEveryMs);
};

/** Returns the slot of the next request. Skips the numbers whose slot still waits for an older answer. */
const nextSlot = (client: AggregatorClient): Slot => {
  let slot = slotOf(client, client.nextRequest);
  while (slot.request !== 0) {
    client.nextRequest += 1;
    slot = slotOf(client, client.nextRequest);
  }
  return slot;
};

const slotOf = ({ slots }: AggregatorClient, request: number): Slot => slots[request & (slotCount - 1)] as Slot;

const nobody = () => undefined;

/** Frees a slot and settles its request. */
const settleSlot = (client: AggregatorClient, slot: Slot, frame: Frame | undefined) => {
  const { settle } = slot;
  slot.request = 0;
  slot.settle = nobody;
  client.waiting -= 1;
  settle(frame);
};

/** Connects: first over the Unix socket, if there may be one, and if that leads nowhere over TCP. */
const dial = (client: AggregatorClient) => {
  const [host, port] = splitAddress(client.address);
  const path = localPathOf(host, port);
  if (path === undefined) return dialOver(client, connect({ host, port, ...tcpOptions }), () => dialLater(client));
  dialOver(client, connect({ path }), (wasGreeted) => {
    if (wasGreeted) return dialLater(client);
    dialOver(client, connect({ host, port, ...tcpOptions }), () => dialLater(client));
  });
};

const tcpOptions = { noDelay: true, keepAlive: true };

const dialLater = (client: AggregatorClient) => {
  client.failures += 1;
  client.reconnect = setTimeout(() => dial(client), backOffMs(client.failures, 20, 1_000));
};

/** Greets and serves over this socket. Calls `ended` when it closes, unless the client is closed. */
const dialOver = (client: AggregatorClient, socket: Socket, ended: (wasGreeted: boolean) => void) => {
  client.socket = socket;
  let wasGreeted = false;
  const greeting = openGreeting(client.expected, randomBytes(32).toString('hex'));
  // the host may not answer at all, or not greet
  const timer = setTimeout(() => socket.destroy(), greetWithinMs);
  socket.on('data', (chunk) => {
    if (client.outbox) return receive(client, readFrames(client.inbox, chunk));
    greet(client, socket, greeting, chunk);
    if (!client.outbox) return;
    wasGreeted = true;
    clearTimeout(timer);
  });
  socket.on('error', () => undefined); // 'close' follows
  socket.once('close', () => {
    clearTimeout(timer);
    disconnect(client);
    if (!client.closed) ended(wasGreeted);
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
      client.outbox = openOutbox(socket, requestBytesMax, client.sender);
      client.inbox = openInbox(replyBytesMax);
      client.failures = 0;
      client.suspect = false;
  }
};

const receive = (client: AggregatorClient, frames: Frame[] | undefined) => {
  if (!frames) return hangUp(client, 'it sent an invalid or damaged frame');
  if (frames.length > 0) client.suspect = false;
  for (const frame of frames) {
    const slot = slotOf(client, frame.request);
    if (slot.request === frame.request && frame.request > 0) settleSlot(client, slot, frame);
    else if (frame.request >= client.nextRequest) return hangUp(client, 'it answered a request that was never sent');
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
  const waiting = client.slots.filter(({ request }) => request !== 0);
  client.oldestRequest = client.nextRequest;
  for (const slot of waiting) settleSlot(client, slot, undefined);
};

const sweep = (client: AggregatorClient) => {
  client.sweep = undefined;
  const now = performance.now();
  if (client.outbox && isOverdue(client.inbox, now))
    hangUp(client, `it did not complete a block within ${blockWithinMs / 1_000} s`);
  expire(client, now);
  if (client.waiting > 0) sweepLater(client);
};

// A request with a longer wait may be older than one with a shorter wait, so all are checked. Usually there are few.
const expire = (client: AggregatorClient, now: number) => {
  const end = client.nextRequest;
  for (let request = client.oldestRequest; request < end; request += 1) {
    const slot = slotOf(client, request);
    if (slot.request !== request) {
      if (request === client.oldestRequest) client.oldestRequest += 1;
    } else if (slot.expiresAt <= now) {
      suspect(client);
      settleSlot(client, slot, undefined);
    }
  }
};

const suspect = (client: AggregatorClient) => {
  if (client.suspect || client.closed) return;
  client.suspect = true;
  probeLater(client); // sooner than it was to be
};

const probeLater = (client: AggregatorClient) => {
  clearTimeout(client.probing);
  client.probing = setTimeout(
    () => {
      probe(client);
      probeLater(client);
    },
    client.suspect ? probeEveryMs.suspect : probeEveryMs.usual,
  );
};

const probe = (client: AggregatorClient) => {
  if (client.outbox) readThen(client, { entity: '', id: '', minVersion: 0, waitMs: 0 }, probeWithinMs, nobody);
};

const splitAddress = (address: string): [host: string, port: number] => {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at), Number(address.slice(at + 1))];
};
