import type { Socket } from 'node:net';

// A frame on the wire: [length of what follows: u32] [kind: u8] [request: u32] [payload]. Big-endian.
const headBytes = 9;

export type Frame = { kind: number; request: number; payload: Buffer };

/** What has come in of frames that are not whole yet. Changed by `readFrames` only. */
export type Inbox = { chunks: Buffer[]; bytes: number; frameBytesMax: number };

/** What goes out with the next write. Changed in this file only. */
export type Outbox = { socket: Socket; buffer: Buffer; used: number; scheduled: boolean };

export const openInbox = (frameBytesMax: number): Inbox => ({ chunks: [], bytes: 0, frameBytesMax });

export const openOutbox = (socket: Socket): Outbox => ({ socket, buffer: Buffer.allocUnsafe(firstBytes), used: 0, scheduled: false });

/** The whole frames that this chunk completes, in order; undefined when what came cannot be one (too long, too short): then close the connection. */
export const readFrames = (inbox: Inbox, chunk: Buffer): Frame[] | undefined => {
  inbox.chunks.push(chunk);
  inbox.bytes += chunk.length;
  const frames: Frame[] = [];
  let data = joined(inbox, 4);
  let offset = 0;
  while (data.length - offset >= 4) {
    const length = data.readUInt32BE(offset);
    if (length < headBytes - 4 || length > inbox.frameBytesMax) return undefined;
    if (inbox.bytes - offset < 4 + length) break;
    data = joined(inbox, offset + 4 + length);
    frames.push({ kind: data.readUInt8(offset + 4), request: data.readUInt32BE(offset + 5), payload: data.subarray(offset + headBytes, offset + 4 + length) });
    offset += 4 + length;
  }
  consume(inbox, offset);
  return frames;
};

/** Puts a frame into the next write, which carries all frames of this turn of the event loop. `fill` writes the payload at an offset. */
export const writeFrame = (outbox: Outbox, kind: number, request: number, payloadBytes: number, fill: (buffer: Buffer, offset: number) => void): void => {
  const bytes = headBytes + payloadBytes;
  makeRoom(outbox, bytes);
  outbox.buffer.writeUInt32BE(bytes - 4, outbox.used);
  outbox.buffer.writeUInt8(kind, outbox.used + 4);
  outbox.buffer.writeUInt32BE(request, outbox.used + 5);
  fill(outbox.buffer, outbox.used + headBytes);
  outbox.used += bytes;
  if (outbox.scheduled) return;
  outbox.scheduled = true;
  setImmediate(flush, outbox);
};

const firstBytes = 16 * 1024;
const copyBytesMax = 2_048; // a small copy comes out of Node's pool and costs less than a fresh buffer

const flush = (outbox: Outbox) => {
  const filled = outbox.buffer.subarray(0, outbox.used);
  const isSmall = outbox.used <= copyBytesMax;
  if (!outbox.socket.destroyed) outbox.socket.write(isSmall ? Buffer.from(filled) : filled);
  if (!isSmall) outbox.buffer = Buffer.allocUnsafe(firstBytes); // the socket keeps the old one until it is sent
  outbox.scheduled = false;
  outbox.used = 0;
};

const makeRoom = (outbox: Outbox, bytes: number) => {
  if (outbox.used + bytes <= outbox.buffer.length) return;
  const larger = Buffer.allocUnsafe(Math.max(2 * outbox.buffer.length, outbox.used + bytes));
  outbox.buffer.copy(larger, 0, 0, outbox.used);
  outbox.buffer = larger;
};

/** The first chunks as one, if they hold `bytes` together; else what is there. Chunks are joined only when a frame needs it. */
const joined = (inbox: Inbox, bytes: number): Buffer => {
  const [first] = inbox.chunks;
  if (inbox.chunks.length > 1 && first && first.length < bytes) inbox.chunks = [Buffer.concat(inbox.chunks)];
  return inbox.chunks[0] ?? Buffer.alloc(0);
};

const consume = (inbox: Inbox, bytes: number) => {
  if (bytes === 0) return; // before the list is copied: a long frame comes in many chunks
  const [first, ...others] = inbox.chunks;
  if (!first) return;
  inbox.bytes -= bytes;
  inbox.chunks = bytes < first.length ? [first.subarray(bytes), ...others] : others;
};
