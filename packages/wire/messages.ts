import { parseState, type Rendered, type State, writeState } from '@muster/model';
import type { Frame, Outbox } from './frames.ts';
import { writeFrame } from './frames.ts';

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

/** A replica's reply with what clients see of a thing. */
export type ReadReply = ({ kind: 'state' } & Rendered & About) | Missing;

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
): void =>
  writeFrame(outbox, kind, request, 7 + entity.length + id.length, (buffer, offset) => {
    buffer.writeUInt32BE(minVersion, offset);
    buffer.writeUInt16BE(Math.max(0, Math.min(waitMs, 65_535)), offset + 4);
    buffer.writeUInt8(entity.length, offset + 6);
    buffer.write(entity, offset + 7, 'latin1');
    buffer.write(id, offset + 7 + entity.length, 'latin1');
  });

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
  const jsonBytes = Buffer.byteLength(reply.json);
  writeFrame(outbox, kinds.readReply, request, readReplyHeadBytes + jsonBytes, (buffer, offset) => {
    buffer.writeUInt8(statuses.indexOf(reply.status), offset);
    buffer.writeUInt8(flagsOf(reply), offset + 1);
    buffer.writeUInt32BE(reply.version, offset + 2);
    buffer.writeDoubleBE(reply.lagMs, offset + 6);
    buffer.writeDoubleBE(reply.createdAt, offset + 14);
    buffer.writeDoubleBE(reply.changedAt, offset + 22);
    buffer.write(reply.json, offset + readReplyHeadBytes);
  });
};

/** Parses a read reply. Throws RangeError when it is invalid. */
export const parseReadReply = ({ payload }: Frame): ReadReply => {
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
    json: payload.toString('utf8', readReplyHeadBytes, payload.length),
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
