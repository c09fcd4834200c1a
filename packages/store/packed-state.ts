import type { Entity, State } from '@muster/model';
import type { RecordDocument } from './documents.ts';
import { decodeAt, isText, readMs, sizeOf, types } from './raw-document.ts';
import { stateOf } from './records.ts';

// An active state as bytes: createdAt and updatedAt in 8 bytes each, then a document of its fields. It takes less than
// half of the memory of objects, and a record is packed in less time than it is decoded.

/** Where packed states are written, one behind the other. A plain value; only this file changes it. */
export type Slab = { bytes: Buffer; used: number };

/** A packed state: it begins at `at` in `bytes`. */
export type Packed = { bytes: Buffer; at: number };

/** A record with its state packed. */
export type PackedRecord = { id: string; partition: number; version: number; packed: Packed };

const slabBytes = 1_048_576;

export const openSlab = (): Slab => ({ bytes: Buffer.alloc(0), used: 0 });

/** Decodes a packed state. */
export const unpackState = (entity: Entity, bytes: Buffer, at: number, version: number): State => {
  const [createdAt, updatedAt] = [new Date(readMs(bytes, at)), new Date(readMs(bytes, at + 8))];
  return stateOf(entity, { ...decodeAt(bytes, at + 16), version, createdAt, updatedAt } as RecordDocument);
};

/**
 * Whether states of this entity may be packed. Those of other entities are checked when they are read: a program with
 * another shape of state may have saved them.
 */
export const isPackable = (entity: Entity): boolean =>
  entity.isRecord && !entity.fieldNames.some((name) => own.includes(name));

const own = ['_id', 'version', 'partition', 'snapshot', 'createdAt', 'updatedAt', 'deletedAt'];

/** `isOwnMark` says whether the bytes between two places are the mark of a snapshot of this log. */
export type Wanted = {
  partitions: ReadonlySet<number>;
  isOwnMark: (bytes: Buffer, from: number, end: number) => boolean;
};

/**
 * Packs the state of a record in one of the wanted partitions. Returns `unusual` if anything about the record is
 * unusual, such as a deletion: decode it then.
 */
export const packRecord = (
  slab: Slab,
  record: Buffer,
  { partitions, isOwnMark }: Wanted,
): PackedRecord | 'unwanted' | 'unusual' => {
  const end = record.readInt32LE(0) - 1;
  let [id, version, partition, createdAt, updatedAt, mark, fieldsFrom, fieldsEnd] = [0, 0, -1, 0, 0, 0, 0, 0];
  for (let at = 4; at < end; ) {
    const type = record[at];
    let value = at + 1;
    while (record[value] !== 0) value += 1;
    value += 1;
    const size = sizeOf(record, value, type);
    if (size < 0) return 'unusual';
    const name = ownNameAt(record, at + 1, value - 1);
    if (name === '_id' && type === types.text) id = value;
    else if (name === 'version' && type === types.int) version = record.readInt32LE(value);
    else if (name === 'partition' && type === types.int) partition = record.readInt32LE(value);
    else if (name === 'createdAt' && type === types.date) createdAt = value;
    else if (name === 'updatedAt' && type === types.date) updatedAt = value;
    else if (name === 'snapshot' && type === types.text) mark = value;
    else if (name !== undefined || (fieldsEnd > 0 && fieldsEnd !== at)) return 'unusual';
    else {
      fieldsFrom ||= at;
      fieldsEnd = value + size;
    }
    at = value + size;
  }
  const isWhole = id > 0 && version > 0 && partition >= 0 && createdAt > 0 && updatedAt > 0 && mark > 0;
  if (!isWhole || !isOwnMark(record, mark + 4, mark + 3 + record.readInt32LE(mark))) return 'unusual';
  if (!partitions.has(partition)) return 'unwanted';
  const text = asciiAt(record, id + 4, id + 3 + record.readInt32LE(id));
  if (text === undefined) return 'unusual';
  return { id: text, partition, version, packed: write(slab, record, { createdAt, updatedAt, fieldsFrom, fieldsEnd }) };
};

/** The name of the engine's own field, or undefined if it is a field of the entity. */
const ownNameAt = (bytes: Buffer, from: number, end: number): string | undefined => {
  for (const name of own) if (isText(bytes, from, end, name)) return name;
  return undefined;
};

const asciiAt = (bytes: Buffer, from: number, end: number): string | undefined => {
  for (let at = from; at < end; at += 1) if ((bytes[at] ?? 0) > 127) return undefined;
  return bytes.toString('latin1', from, end);
};

type Parts = { createdAt: number; updatedAt: number; fieldsFrom: number; fieldsEnd: number };

const write = (slab: Slab, record: Buffer, { createdAt, updatedAt, fieldsFrom, fieldsEnd }: Parts): Packed => {
  const documentBytes = fieldsEnd - fieldsFrom + 5;
  const size = 16 + documentBytes;
  if (slab.used + size > slab.bytes.length) {
    slab.bytes = Buffer.allocUnsafeSlow(Math.max(size, slabBytes));
    slab.used = 0;
  }
  const { bytes, used: at } = slab;
  record.copy(bytes, at, createdAt, createdAt + 8);
  record.copy(bytes, at + 8, updatedAt, updatedAt + 8);
  bytes.writeInt32LE(documentBytes, at + 16);
  record.copy(bytes, at + 20, fieldsFrom, fieldsEnd);
  bytes[at + size - 1] = 0;
  slab.used += size;
  return { bytes, at };
};
