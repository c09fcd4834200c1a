import { type KeyObject, randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { backOffMs } from '@muster/runtime';
import { type Complaints, complain, openComplaints, type WireProblem } from './complaints.ts';
import {
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
 * The gateway's end of one long-lived connection to an aggregator: many requests in flight, frames batched. A plain
 * value, changed in this file only. `suspect`: a request got no answer in time; it is then left alone, but for a probe
 * now and then, until anything comes from it.
 */
export type AggregatorClient = {
  name: string;
  address: string;
  expected: Identity; // who must be at that address
  key: KeyObject;
  onProblem: (problem: WireProblem) => void;
  complaints: Complaints;
  socket: Socket | undefined; // connected or on the way to it
  inbox: Inbox;
  outbox: Outbox | undefined; // undefined: not connected, or not greeted yet
  slots: Map<number, Slot>; // requests without an answer, oldest first
  nextRequest: number; // no number comes twice on one connection, so that no answer is taken for another
  suspect: boolean;
  failures: number; // connections in a row that came to nothing
  closed: boolean;
  reconnect: NodeJS.Timeout | undefined;
  sweep: NodeJS.Timeout | undefined;
};

export type AggregatorClientOptions = Identity & {
  /** host:port. */
  address: string;
  secret: string;
  /** What the aggregator, or what else is at that address, does wrong; at most once in 10 s of each kind. */
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
 * Opens a connection to an aggregator and keeps it open until `closeAggregatorClient`. Nobody is asked who has not
 * proven to be the one that is expected.
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

/** Closes the connection; requests that wait get no answer. */
export const closeAggregatorClient = (client: AggregatorClient): void => {
  client.closed = true;
  clearTimeout(client.reconnect);
  clearInterval(client.sweep);
  client.socket?.destroy();
  disconnect(client);
};

/** Whether it is worth asking: connected and greeted, and answering as far as is known. */
export const isAnswering = (client: AggregatorClient): boolean =>
  client.outbox !== undefined && !client.suspect && client.slots.size < slotsMax;

/** Reads what clients see of a thing; undefined when no answer came within `withinMs` milliseconds. */
export const readFrom = async (
  client: AggregatorClient,
  request: ReadRequest,
  withinMs: number,
): Promise<ReadReply | undefined> => {
  const frame = await send(client, withinMs, (outbox, slot) => writeReadRequest(outbox, kinds.read, slot, request));
  return frame && understood(client, frame, kinds.readReply, parseReadReply);
};

/** Reads the state of a thing; undefined when no answer came within `withinMs` milliseconds. */
export const readStateFrom = async (
  client: AggregatorClient,
  request: ReadRequest,
  withinMs: number,
): Promise<StateReply | undefined> => {
  const frame = await send(client, withinMs, (outbox, slot) =>
    writeReadRequest(outbox, kinds.readState, slot, request),
  );
  return frame && understood(client, frame, kinds.stateReply, parseStateReply);
};

/**
 * Asks a question; undefined when no answer came within `withinMs` milliseconds, or it is longer than an aggregator
 * takes.
 */
export const askAggregator = async (
  client: AggregatorClient,
  question: Question,
  withinMs: number,
): Promise<{ answer: Answer; text: string } | undefined> => {
  if (question.kind !== 'dump' && question.minVersions.length > minVersionsMax) return undefined;
  const frame = await send(client, withinMs, (outbox, slot) => writeQuestion(outbox, slot, question));
  return frame && understood(client, frame, kinds.answer, parseAnswer);
};

const understood = <T>(
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
  hangUp(client, 'what it sent is no answer');
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
      // all numbers are used up: further ones only where no old answer can come
      client.nextRequest = 1;
      outbox.socket.destroy();
      disconnect(client);
      return settle(undefined);
    }
    try {
      write(outbox, request);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return settle(undefined); // longer than the other end takes
    }
    client.nextRequest = request + 1;
    client.slots.set(request, { expiresAt: performance.now() + withinMs, settle });
  });

const dial = (client: AggregatorClient) => {
  const [host, port] = splitAddress(client.address);
  const socket = connect({ host, port, noDelay: true, keepAlive: true });
  client.socket = socket;
  const greeting = openGreeting(client.expected, randomBytes(32).toString('hex'));
  // a host that does not even refuse, or somebody who does not greet
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
  if (!frames) return hangUp(client, 'what it sent is no frame, or was damaged on the way');
  if (frames.length > 0) client.suspect = false;
  for (const frame of frames) {
    const slot = client.slots.get(frame.request);
    if (slot) {
      client.slots.delete(frame.request);
      slot.settle(frame);
    } else if (frame.request >= client.nextRequest) return hangUp(client, 'it answers what nobody asked');
    // else too late: nobody waits for it any more
  }
};

/** Leaves whoever does not speak as an aggregator does; the connection is then made anew. */
const hangUp = (client: AggregatorClient, message: string) => {
  client.outbox?.socket.destroy();
  disconnect(client); // at once: what else has come is not to be believed
  report(client, { kind: 'frame', message: `${message}; the connection is made anew` });
};

const report = ({ name, address, complaints, onProblem }: AggregatorClient, { kind, message }: WireProblem) => {
  const problem = complain(
    complaints,
    { kind, message: `Cannot ask ${name} at ${address}: ${message}` },
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

// slots with a longer wait may stand before shorter ones, so all are looked at; there are few but for a moment
const expire = (client: AggregatorClient) => {
  const now = performance.now();
  if (client.outbox && isOverdue(client.inbox, now)) hangUp(client, 'what it began to send does not end');
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
