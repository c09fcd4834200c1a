import type { Socket } from 'node:net';
import { crc32 } from 'node:zlib';

// On the wire, all numbers big-endian, are blocks, each what one write takes along:
//   block: [bytes of its frames: u32] [the same with every bit turned over: u32] [CRC-32 of its frames: u32] [frames]
//   frame: [bytes of what follows: u32] [kind: u8] [request: u32] [payload]
// The length is there twice, since a wrong one would be waited for before the CRC could show it.
const blockHeadBytes = 12;
const frameHeadBytes = 9;

/** The most that a block may hold, in bytes: of a gateway, and of an aggregator. */
export const requestBytesMax = 4 * 1024 * 1024;
export const replyBytesMax = 128 * 1024 * 1024;

/** In milliseconds: a block that is not whole by then is not waited for any longer. */
export const blockWithinMs = 20_000;

export type Frame = { kind: number; request: number; payload: Buffer };

/** What has come in of a block that is not whole yet, and since when. Changed by `readFrames` only. */
export type Inbox = { held: Buffer; bytes: number; since: number; blockBytesMax: number };

/** What goes out with the next write. Changed in this file only. */
export type Outbox = { socket: Socket; buffer: Buffer; used: number; scheduled: boolean; frameBytesMax: number };

export const openInbox = (blockBytesMax: number): Inbox => ({ held: nothing, bytes: 0, since: 0, blockBytesMax });

export const openOutbox = (socket: Socket, frameBytesMax: number): Outbox => ({
  socket,
  buffer: Buffer.allocUnsafe(firstBytes),
  used: blockHeadBytes,
  scheduled: false,
  frameBytesMax,
});

/**
 * The frames of the blocks that this chunk completes, in order; undefined when what came cannot be one, or was damaged:
 * then close the connection.
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

/** Whether a block has been on its way for too long, as when it comes drop by drop; `now` is `performance.now()`. */
export const isOverdue = ({ bytes, since }: Inbox, now: number): boolean => bytes > 0 && now - since > blockWithinMs;

/**
 * Puts a frame into the next write, which carries all frames of this turn of the event loop. `fill` writes the payload
 * at an offset. Throws RangeError when the other end would not take a frame of that length.
 */
export const writeFrame = (
  outbox: Outbox,
  kind: number,
  request: number,
  payloadBytes: number,
  fill: (buffer: Buffer, offset: number) => void,
): void => {
  const bytes = frameHeadBytes + payloadBytes;
  if (bytes > outbox.frameBytesMax)
    throw new RangeError(`Cannot send a frame of ${bytes} bytes: the other end takes at most ${outbox.frameBytesMax}`);
  // frames wait for their whole block at the other end
  if (outbox.used + bytes > blockBytesWanted && outbox.used > blockHeadBytes) send(outbox);
  makeRoom(outbox, bytes);
  // before it counts: it may throw
  fill(outbox.buffer, putFrameHead(outbox.buffer, outbox.used, kind, request, payloadBytes));
  outbox.used += bytes;
  if (outbox.scheduled) return;
  outbox.scheduled = true;
  setImmediate(flush, outbox);
};

/** A block with this frame alone, for what is not sent through an outbox. */
export const blockOf = (kind: number, request: number, payload: Buffer): Buffer => {
  const block = Buffer.alloc(blockHeadBytes + frameHeadBytes + payload.length);
  payload.copy(block, putFrameHead(block, blockHeadBytes, kind, request, payload.length));
  putBlockHead(block, block.length);
  return block;
};

const nothing = Buffer.alloc(0);
const firstBytes = 16 * 1024;
const blockBytesWanted = 64 * 1024;
const copyBytesMax = 2_048; // a small copy comes out of Node's pool and costs less than a fresh buffer

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

const flush = (outbox: Outbox) => {
  outbox.scheduled = false;
  if (outbox.used > blockHeadBytes) send(outbox);
};

const send = (outbox: Outbox) => {
  putBlockHead(outbox.buffer, outbox.used);
  const filled = outbox.buffer.subarray(0, outbox.used);
  const isSmall = outbox.used <= copyBytesMax;
  if (!outbox.socket.destroyed) outbox.socket.write(isSmall ? Buffer.from(filled) : filled);
  if (!isSmall) outbox.buffer = Buffer.allocUnsafe(firstBytes); // the socket keeps the old one until it is sent
  outbox.used = blockHeadBytes;
};

const makeRoom = (outbox: Outbox, bytes: number) => {
  if (outbox.used + bytes <= outbox.buffer.length) return;
  const larger = Buffer.allocUnsafe(Math.max(2 * outbox.buffer.length, outbox.used + bytes));
  outbox.buffer.copy(larger, 0, 0, outbox.used);
  outbox.buffer = larger;
};

/**
 * Where the block at `offset` ends, which may be beyond what is there; undefined when there is none. What its head
 * tells is judged as soon as it is in.
 */
const findEnd = (data: Buffer, offset: number, blockBytesMax: number): number | undefined => {
  const there = data.length - offset;
  if (there < 4) return offset + blockHeadBytes;
  const bytes = data.readUInt32BE(offset);
  if (bytes < frameHeadBytes || bytes > blockBytesMax) return undefined;
  if (there >= 8 && data.readUInt32BE(offset + 4) !== ~bytes >>> 0) return undefined;
  return offset + blockHeadBytes + bytes;
};

/** Takes the frames of a whole block; false when it was damaged, or its frames do not fill it. */
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
 * What is held with the chunk behind it; room grows by doubling, so that a long block in many small chunks is not
 * copied for each of them.
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
  if (isOld) return; // no block has ended: it is all held already
  inbox.bytes = data.length - offset;
  // a copy: frames that were handed out lie in the rest of these bytes
  inbox.held = inbox.bytes > 0 ? Buffer.from(data.subarray(offset)) : nothing;
  inbox.since = inbox.bytes > 0 ? performance.now() : 0;
};
