import { parseState, type Rendered, type State, writeState } from '@muster/model';
import type { Frame, Outbox } from './frames.ts';
import { addFrame, writeFrame } from './frames.ts';

// Reads of one thing are most of the traffic and use a binary form. All other requests are questions (questions.ts).
// The kind of a read selects its result: what clients see, or the state for a decision.

// 3 and 67 to 69 are greeting messages
export const kinds = { read: 1, ask: 2, readState: 4, readReply: 65, answer: 66, stateReply: 70 } as const;

/**
 * A read of one thing. The replica waits up to `waitMs` milliseconds until it has `minVersion`; 0 accepts any version.
 */
export type ReadRequest = { entity: string; id: string; minVersion: number; waitMs: number };

/**
 * - `lagMs`: the age of the last own heartbeat that the replica has seen, in milliseconds.
 * - `behind`: that heartbeat is too old, so the replica may be stale.
 * - `parked`: the stream has an event that could not be parsed; the reply is the state before it.
 */
type About = { lagMs: number; behind: boolean; parked: boolean };

/** `notHere`: the replica does not serve the thing's partition now. `notYet`: it did not reach `minVersion` in time. */
type Missing = { kind: 'notHere' } | { kind: 'notYet' };

/**
 * A replica's reply with what clients see of a thing. The replica gives the JSON as text. The gateway gets its bytes,
 * and passes them on without decoding them.
 */
export type ReadReply<Json extends string | Buffer = string> =
  | ({ kind: 'state' } & Omit<Rendered, 'json'> & { json: Json } & About)
  | Missing;

/** A replica's reply with the state of a thing. */
export type StateReply = ({ kind: 'state'; state: State } & About) | Missing;

const statuses = ['absent', 'active', 'deleted'] as const;
const notHere = 10;
const notYet = 11;
const isBehind = 1;
const isParked = 2;
const hasState = 20;
const readReplyHeadBytes = 30;
const stateReplyHeadBytes = 10;

/** Writes a read request. `kind` selects its result. Throws RangeError when it is longer than the other end accepts. */
export const writeReadRequest = (
  outbox: Outbox,
  kind: typeof kinds.read | typeof kinds.readState,
  request: number,
  { entity, id, minVersion, waitMs }: ReadRequest,
): void => {
  const head =
    minVersion > versionMax || entity.length > 255 ? refuseRequest(minVersion, entity) : readRequestHeadBytes;
  const offset = addFrame(outbox, kind, request, head + entity.length + id.length);
  const { buffer } = outbox;
  buffer.writeUInt32BE(minVersion, offset);
  buffer.writeUInt16BE(Math.max(0, Math.min(waitMs, 65_535)), offset + 4);
  buffer[offset + 6] = entity.length;
  buffer.write(entity, offset + head, 'latin1');
  buffer.write(id, offset + head + entity.length, 'latin1');
};

const readRequestHeadBytes = 7;
const versionMax = 0xffff_ffff;

// nothing may fail after the frame is added
const refuseRequest = (minVersion: number, entity: string): never => {
  throw new RangeError(`Cannot ask for version ${minVersion} of an entity with a name of ${entity.length} letters`);
};

/** Parses a read request. Throws RangeError when it is truncated. */
export const parseReadRequest = ({ payload }: Frame): ReadRequest => {
  const entityEnd = 7 + payload.readUInt8(6);
  if (entityEnd > payload.length) throw new RangeError('the read request is truncated');
  return {
    minVersion: payload.readUInt32BE(0),
    waitMs: payload.readUInt16BE(4),
    entity: payload.toString('latin1', 7, entityEnd),
    id: payload.toString('latin1', entityEnd),
  };
};

export const writeReadReply = (outbox: Outbox, request: number, reply: ReadReply): void => {
  if (reply.kind !== 'state') return writeMissing(outbox, kinds.readReply, request, reply);
  const bytes = readReplyHeadBytes + Buffer.byteLength(reply.json);
  const offset = addFrame(outbox, kinds.readReply, request, bytes);
  const { buffer } = outbox;
  buffer[offset] = statuses.indexOf(reply.status);
  buffer[offset + 1] = flagsOf(reply);
  buffer.writeUInt32BE(reply.version, offset + 2);
  buffer.writeDoubleBE(reply.lagMs, offset + 6);
  buffer.writeDoubleBE(reply.createdAt, offset + 14);
  buffer.writeDoubleBE(reply.changedAt, offset + 22);
  buffer.write(reply.json, offset + readReplyHeadBytes);
};

/** Parses a read reply. Throws RangeError when it is invalid. */
export const parseReadReply = ({ payload }: Frame): ReadReply<Buffer> => {
  const code = payload.readUInt8(0);
  if (code === notHere) return { kind: 'notHere' };
  if (code === notYet) return { kind: 'notYet' };
  const status = statuses[code];
  if (!status) throw new RangeError(`the read reply has the unknown status ${code}`);
  const flags = payload.readUInt8(1);
  const lagMs = payload.readDoubleBE(6);
  const createdAt = payload.readDoubleBE(14);
  const changedAt = payload.readDoubleBE(22);
  if (!Number.isFinite(lagMs) || !isTime(createdAt) || !isTime(changedAt))
    throw new RangeError('the read reply has an invalid time');
  return {
    kind: 'state',
    status,
    version: payload.readUInt32BE(2),
    lagMs,
    createdAt,
    changedAt,
    json: payload.subarray(readReplyHeadBytes),
    behind: (flags & isBehind) !== 0,
    parked: (flags & isParked) !== 0,
  };
};

/** Writes a reply with a state. Throws TypeError when the state cannot be encoded: see `encodeState`. */
export const writeStateReply = (outbox: Outbox, request: number, reply: StateReply): void => {
  if (reply.kind !== 'state') return writeMissing(outbox, kinds.stateReply, request, reply);
  const text = writeState(reply.state);
  const bytes = stateReplyHeadBytes + Buffer.byteLength(text);
  writeFrame(outbox, kinds.stateReply, request, bytes, (buffer, offset) => {
    buffer.writeUInt8(hasState, offset);
    buffer.writeUInt8(flagsOf(reply), offset + 1);
    buffer.writeDoubleBE(reply.lagMs, offset + 2);
    buffer.write(text, offset + stateReplyHeadBytes);
  });
};

/** Parses a reply with a state. Throws RangeError or SyntaxError when it is invalid. */
export const parseStateReply = ({ payload }: Frame): StateReply => {
  const code = payload.readUInt8(0);
  if (code === notHere) return { kind: 'notHere' };
  if (code === notYet) return { kind: 'notYet' };
  if (code !== hasState) throw new RangeError(`the reply with a state has the unknown code ${code}`);
  const flags = payload.readUInt8(1);
  const lagMs = payload.readDoubleBE(2);
  if (!Number.isFinite(lagMs)) throw new RangeError('the reply with a state has an invalid lag');
  return {
    kind: 'state',
    state: parseState(payload.toString('utf8', stateReplyHeadBytes, payload.length)),
    lagMs,
    behind: (flags & isBehind) !== 0,
    parked: (flags & isParked) !== 0,
  };
};

const writeMissing = (outbox: Outbox, kind: number, request: number, missing: Missing): void => {
  const code = missing.kind === 'notHere' ? notHere : notYet;
  writeFrame(outbox, kind, request, 1, (buffer, offset) => void buffer.writeUInt8(code, offset));
};

const flagsOf = ({ behind, parked }: About) => (behind ? isBehind : 0) | (parked ? isParked : 0);

const isTime = (value: number) => Math.abs(value) <= 8.64e15; // the range of Date
