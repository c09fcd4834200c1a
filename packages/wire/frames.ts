import type { Socket } from 'node:net';
import { crc32 } from 'node:zlib';

// The wire carries blocks; one write sends one block. All numbers are big-endian.
// - block: [bytes of its frames: u32] [the bitwise complement of that: u32] [CRC-32 of its frames: u32] [frames]
// - frame: [bytes after this number: u32] [kind: u8] [request: u32] [payload]
// The length has a complement, because a reader would wait for a wrong length before it could check the CRC.
const blockHeadBytes = 12;
const frameHeadBytes = 9;

/** The maximum size of a block, in bytes: from a gateway, and from an aggregator. */
export const requestBytesMax = 4 * 1024 * 1024;
export const replyBytesMax = 128 * 1024 * 1024;

/** How long the receiver waits for the rest of a block, in milliseconds. */
export const blockWithinMs = 20_000;

export type Frame = { kind: number; request: number; payload: Buffer };

/** The received part of an incomplete block, and since when. Changed only by `readFrames`. */
export type Inbox = { held: Buffer; bytes: number; since: number; blockBytesMax: number };

/** The frames of the next write. Changed only in this file. */
export type Outbox = {
  socket: Socket;
  buffer: Buffer;
  used: number;
  scheduled: boolean;
  frameBytesMax: number;
  sender: Sender;
};

/**
 * Sends the frames of several outboxes. It waits while each turn of the event loop brings further frames, 8 turns at
 * most: a write costs as much as all else that a read needs, so busy processes should write rarely. An idle process
 * sends one turn later. Changed only in this file.
 */
export type Sender = { outboxes: Outbox[]; added: number; seen: number; turns: number; since: number };

export const openSender = (): Sender => ({ outboxes: [], added: 0, seen: 0, turns: 0, since: 0 });

export const openInbox = (blockBytesMax: number): Inbox => ({ held: nothing, bytes: 0, since: 0, blockBytesMax });

export const openOutbox = (socket: Socket, frameBytesMax: number, sender = openSender()): Outbox => ({
  socket,
  buffer: Buffer.allocUnsafe(firstBytes),
  used: blockHeadBytes,
  scheduled: false,
  frameBytesMax,
  sender,
});

/**
 * Returns the frames of the blocks that this chunk completes, in order. Returns undefined when the data are invalid or
 * damaged: then close the connection.
 */
export const readFrames = (inbox: Inbox, chunk: Buffer): Frame[] | undefined => {
  const data = inbox.bytes === 0 ? chunk : append(inbox, chunk);
  const frames: Frame[] = [];
  let offset = 0;
  for (;;) {
    const end = findEnd(data, offset, inbox.blockBytesMax);
    if (end === undefined) return undefined;
    if (end > data.length) break;
    if (!takeFrames(data, offset, end, frames)) return undefined;
    offset = end;
  }
  keepRest(inbox, data, offset);
  return frames;
};

/** Whether a block has been incomplete for more than `blockWithinMs`. `now` is `performance.now()`. */
export const isOverdue = ({ bytes, since }: Inbox, now: number): boolean => bytes > 0 && now - since > blockWithinMs;

/**
 * Adds a frame to the next write, which sends all frames of this turn of the event loop. `fill` writes the payload at
 * an offset. Throws RangeError when the frame is longer than the other end accepts.
 */
export const writeFrame = (
  outbox: Outbox,
  kind: number,
  request: number,
  payloadBytes: number,
  fill: (buffer: Buffer, offset: number) => void,
): void => {
  const offset = beginFrame(outbox, kind, request, payloadBytes);
  fill(outbox.buffer, offset); // it may throw, so it must run before the frame counts
  endFrame(outbox, offset + payloadBytes);
};

/**
 * Adds a frame to the next write. Returns the offset at which the caller fills in the payload, at once and without
 * failing. Throws RangeError when the frame is longer than the other end accepts.
 */
export const addFrame = (outbox: Outbox, kind: number, request: number, payloadBytes: number): number => {
  const offset = beginFrame(outbox, kind, request, payloadBytes);
  endFrame(outbox, offset + payloadBytes);
  return offset;
};

/** Sends all frames now, instead of at the end of this turn of the event loop. */
export const sendFrames = (outbox: Outbox): void => {
  if (outbox.used > blockHeadBytes) send(outbox);
};

const beginFrame = (outbox: Outbox, kind: number, request: number, payloadBytes: number): number => {
  const bytes = frameHeadBytes + payloadBytes;
  if (bytes > outbox.frameBytesMax)
    throw new RangeError(`Cannot send a frame of ${bytes} bytes: the maximum is ${outbox.frameBytesMax} bytes`);
  // the other end reads a frame only when its whole block has arrived, so keep blocks short
  if (outbox.used + bytes > blockBytesWanted && outbox.used > blockHeadBytes) send(outbox);
  makeRoom(outbox, bytes);
  return putFrameHead(outbox.buffer, outbox.used, kind, request, payloadBytes);
};

const endFrame = (outbox: Outbox, end: number) => {
  outbox.used = end;
  const { sender } = outbox;
  sender.added += 1;
  if (outbox.scheduled) return;
  outbox.scheduled = true;
  if (sender.outboxes.push(outbox) > 1) return;
  sender.since = performance.now();
  setImmediate(sendSoon, sender);
};

/** Returns a block with only this frame, for data that do not go through an outbox. */
export const blockOf = (kind: number, request: number, payload: Buffer): Buffer => {
  const block = Buffer.alloc(blockHeadBytes + frameHeadBytes + payload.length);
  payload.copy(block, putFrameHead(block, blockHeadBytes, kind, request, payload.length));
  putBlockHead(block, block.length);
  return block;
};

const nothing = Buffer.alloc(0);
const firstBytes = 16 * 1024;
const blockBytesWanted = 64 * 1024;
const copyBytesMax = 2_048; // a small copy comes from Node's pool and is cheaper than a new buffer

const putFrameHead = (buffer: Buffer, offset: number, kind: number, request: number, payloadBytes: number): number => {
  buffer.writeUInt32BE(frameHeadBytes - 4 + payloadBytes, offset);
  buffer.writeUInt8(kind, offset + 4);
  buffer.writeUInt32BE(request, offset + 5);
  return offset + frameHeadBytes;
};

const putBlockHead = (buffer: Buffer, end: number) => {
  const bytes = end - blockHeadBytes;
  buffer.writeUInt32BE(bytes, 0);
  buffer.writeUInt32BE(~bytes >>> 0, 4);
  buffer.writeUInt32BE(crc32(buffer.subarray(blockHeadBytes, end)), 8);
};

const turnsMax = 8;
const turnsMs = 5; // under overload, one turn takes hundreds of milliseconds

const sendSoon = (sender: Sender) => {
  const mayWait = sender.turns < turnsMax && performance.now() - sender.since < turnsMs;
  if (mayWait && sender.added !== sender.seen) {
    sender.seen = sender.added;
    sender.turns += 1;
    setImmediate(sendSoon, sender);
    return;
  }
  sender.turns = 0;
  for (const outbox of sender.outboxes.splice(0)) {
    outbox.scheduled = false;
    sendFrames(outbox);
  }
};

const send = (outbox: Outbox) => {
  putBlockHead(outbox.buffer, outbox.used);
  const filled = outbox.buffer.subarray(0, outbox.used);
  const isSmall = outbox.used <= copyBytesMax;
  if (!outbox.socket.destroyed) outbox.socket.write(isSmall ? Buffer.from(filled) : filled);
  if (!isSmall) outbox.buffer = Buffer.allocUnsafe(firstBytes); // the socket uses the old buffer until it is sent
  outbox.used = blockHeadBytes;
};

const makeRoom = (outbox: Outbox, bytes: number) => {
  if (outbox.used + bytes <= outbox.buffer.length) return;
  const larger = Buffer.allocUnsafe(Math.max(2 * outbox.buffer.length, outbox.used + bytes));
  outbox.buffer.copy(larger, 0, 0, outbox.used);
  outbox.buffer = larger;
};

/**
 * Returns the end of the block at `offset`, which may be beyond the received data. Undefined when the head is invalid.
 * Each part of the head is checked when it arrives.
 */
const findEnd = (data: Buffer, offset: number, blockBytesMax: number): number | undefined => {
  const there = data.length - offset;
  if (there < 4) return offset + blockHeadBytes;
  const bytes = data.readUInt32BE(offset);
  if (bytes < frameHeadBytes || bytes > blockBytesMax) return undefined;
  if (there >= 8 && data.readUInt32BE(offset + 4) !== ~bytes >>> 0) return undefined;
  return offset + blockHeadBytes + bytes;
};

/** Reads the frames of a complete block. Returns false when the block is damaged, or when its frames do not fill it. */
const takeFrames = (data: Buffer, start: number, end: number, frames: Frame[]): boolean => {
  let offset = start + blockHeadBytes;
  if (crc32(data.subarray(offset, end)) !== data.readUInt32BE(start + 8)) return false;
  while (offset < end) {
    if (end - offset < frameHeadBytes) return false;
    const next = offset + 4 + data.readUInt32BE(offset);
    if (next < offset + frameHeadBytes || next > end) return false;
    frames.push({
      kind: data.readUInt8(offset + 4),
      request: data.readUInt32BE(offset + 5),
      payload: data.subarray(offset + frameHeadBytes, next),
    });
    offset = next;
  }
  return true;
};

/**
 * Appends the chunk to the held bytes. The buffer doubles when it is full, so that many small chunks cause few copies.
 */
const append = (inbox: Inbox, chunk: Buffer): Buffer => {
  const bytes = inbox.bytes + chunk.length;
  if (bytes > inbox.held.length) {
    const larger = Buffer.allocUnsafe(Math.max(bytes, 2 * inbox.held.length));
    inbox.held.copy(larger, 0, 0, inbox.bytes);
    inbox.held = larger;
  }
  chunk.copy(inbox.held, inbox.bytes);
  inbox.bytes = bytes;
  return inbox.held.subarray(0, bytes);
};

const keepRest = (inbox: Inbox, data: Buffer, offset: number) => {
  const isOld = inbox.bytes > 0 && offset === 0;
  if (isOld) return; // no block is complete: everything is already held
  inbox.bytes = data.length - offset;
  // a copy, because the returned frames use the other bytes of this buffer
  inbox.held = inbox.bytes > 0 ? Buffer.from(data.subarray(offset)) : nothing;
  inbox.since = inbox.bytes > 0 ? performance.now() : 0;
};
