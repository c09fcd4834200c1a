import { connect, type Socket } from 'node:net';
import { backOffMs } from '@muster/runtime';
import { type Frame, type Outbox, openInbox, openOutbox, readFrames } from './frames.ts';
import {
  type Answer,
  kinds,
  parseAnswer,
  parseReadReply,
  type Question,
  type ReadReply,
  type ReadRequest,
  writeQuestion,
  writeReadRequest,
} from './messages.ts';

/**
 * The gateway's end of one long-lived connection to an aggregator: many requests in flight, frames batched. A plain value, changed in this file only.
 * `suspect`: a request got no answer in time; it is then left alone, but for a probe now and then, until anything comes from it.
 */
export type Holder = {
  name: string;
  address: string;
  socket: Socket | undefined; // connected or on the way to it
  outbox: Outbox | undefined; // undefined: not connected
  slots: Map<number, Slot>; // requests without an answer, oldest first
  nextRequest: number;
  suspect: boolean;
  failures: number; // connections in a row that came to nothing
  abandoned: number; // requests that got no answer in time, since the start
  closed: boolean;
  reconnect: NodeJS.Timeout | undefined;
  sweep: NodeJS.Timeout | undefined;
};

type Slot = { expiresAt: number; settle: (frame: Frame | undefined) => void };

const slotsMax = 20_000;
const sweepEveryMs = 10;
const probeEveryMs = 250;
const probeWithinMs = 100;
const replyBytesMax = 128 * 1024 * 1024;
const unsentBytesMax = 16 * 1024 * 1024;

/** Opens a connection to the aggregator `name` at `address` (host:port) and keeps it open until `closeHolder`. */
export const openHolder = (name: string, address: string): Holder => {
  const holder: Holder = {
    name,
    address,
    socket: undefined,
    outbox: undefined,
    slots: new Map(),
    nextRequest: 1,
    suspect: false,
    failures: 0,
    abandoned: 0,
    closed: false,
    reconnect: undefined,
    sweep: undefined,
  };
  dial(holder);
  let sweeps = 0;
  holder.sweep = setInterval(() => {
    expire(holder);
    sweeps += 1;
    if (sweeps % (probeEveryMs / sweepEveryMs) === 0) probe(holder);
  }, sweepEveryMs);
  return holder;
};

/** Closes the connection; requests that wait get no answer. */
export const closeHolder = (holder: Holder): void => {
  holder.closed = true;
  clearTimeout(holder.reconnect);
  clearInterval(holder.sweep);
  holder.socket?.destroy();
  disconnect(holder);
};

/** Whether it is worth asking: connected, and answering as far as is known. */
export const isAnswering = (holder: Holder): boolean => holder.outbox !== undefined && !holder.suspect && holder.slots.size < slotsMax;

/** Reads one thing; undefined when no answer came within `withinMs` milliseconds. */
export const readFrom = async (holder: Holder, request: ReadRequest, withinMs: number): Promise<ReadReply | undefined> => {
  const frame = await send(holder, withinMs, (outbox, slot) => writeReadRequest(outbox, slot, request));
  return frame && understood(holder, frame, kinds.readReply, parseReadReply);
};

/** Asks a question; undefined when no answer came within `withinMs` milliseconds. */
export const askHolder = async (holder: Holder, question: Question, withinMs: number): Promise<{ answer: Answer; text: string } | undefined> => {
  const frame = await send(holder, withinMs, (outbox, slot) => writeQuestion(outbox, slot, question));
  return frame && understood(holder, frame, kinds.answer, parseAnswer);
};

const understood = <T>(holder: Holder, frame: Frame, kind: number, parse: (frame: Frame) => T): T | undefined => {
  try {
    if (frame.kind === kind) return parse(frame);
  } catch {
    // told below
  }
  holder.outbox?.socket.destroy(); // not our language
  return undefined;
};

const send = (holder: Holder, withinMs: number, write: (outbox: Outbox, slot: number) => void): Promise<Frame | undefined> =>
  new Promise((settle) => {
    const { outbox } = holder;
    if (!outbox || holder.slots.size >= slotsMax || outbox.socket.writableLength > unsentBytesMax) return settle(undefined);
    const request = holder.nextRequest;
    holder.nextRequest = (request + 1) % 0x1_0000_0000; // a slot's number comes again after four thousand million others
    holder.slots.set(request, { expiresAt: performance.now() + withinMs, settle });
    write(outbox, request);
  });

const dial = (holder: Holder) => {
  const [host, port] = splitAddress(holder.address);
  const socket = connect({ host, port, noDelay: true, keepAlive: true });
  holder.socket = socket;
  const inbox = openInbox(replyBytesMax);
  const timer = setTimeout(() => socket.destroy(), 2_000); // a host that does not even refuse
  socket.once('connect', () => {
    clearTimeout(timer);
    holder.outbox = openOutbox(socket);
    holder.failures = 0;
    holder.suspect = false;
  });
  socket.on('data', (chunk) => receive(holder, readFrames(inbox, chunk)));
  socket.on('error', () => undefined); // 'close' follows
  socket.once('close', () => {
    clearTimeout(timer);
    disconnect(holder);
    if (holder.closed) return;
    holder.failures += 1;
    holder.reconnect = setTimeout(() => dial(holder), backOffMs(holder.failures, 20, 1_000));
  });
};

const receive = (holder: Holder, frames: Frame[] | undefined) => {
  if (!frames) {
    holder.outbox?.socket.destroy(); // not our language
    return;
  }
  holder.suspect = false;
  for (const frame of frames) {
    const slot = holder.slots.get(frame.request);
    if (!slot) continue; // too late: nobody waits for it any more
    holder.slots.delete(frame.request);
    slot.settle(frame);
  }
};

const disconnect = (holder: Holder) => {
  holder.outbox = undefined;
  const slots = [...holder.slots.values()];
  holder.slots.clear();
  for (const slot of slots) slot.settle(undefined);
};

// slots with a longer wait may stand before shorter ones, so all are looked at; there are few but for a moment
const expire = (holder: Holder) => {
  const now = performance.now();
  for (const [request, slot] of holder.slots) {
    if (slot.expiresAt > now) continue;
    holder.slots.delete(request);
    holder.abandoned += 1;
    holder.suspect = true;
    slot.settle(undefined);
  }
};

const probe = (holder: Holder) => {
  if (holder.outbox) void readFrom(holder, { entity: '', id: '', minVersion: 0, waitMs: 0 }, probeWithinMs);
};

const splitAddress = (address: string): [host: string, port: number] => {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at), Number(address.slice(at + 1))];
};
