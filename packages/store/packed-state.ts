import type { Entity } from '@muster/model';
import { beginFields, fieldsMax, packStored, type Scratch } from './packed-fields.ts';
import { isText, readMs, sizeOf, types } from './raw-document.ts';

// A record is packed in less time than it is decoded.

/** The packed fields of an active state: they lie between two places of `bytes`. */
export type Packed = { bytes: Buffer; from: number; end: number; createdAt: number; updatedAt: number };

/** A record with its state packed. */
export type PackedRecord = { id: string; partition: number; version: number; packed: Packed };

/**
 * Whether the records of this entity may be packed as they are stored. Those of other entities are checked when they
 * are read: a program with another shape of state may have saved them.
 */
export const isPackable = (entity: Entity): boolean =>
  entity.isRecord && entity.fieldNames.length <= fieldsMax && !entity.fieldNames.some((name) => own.includes(name));

const own = ['_id', 'version', 'partition', 'snapshot', 'createdAt', 'updatedAt', 'deletedAt'];

/** `isOwnMark` says whether the bytes between two places are the mark of a snapshot of this log. */
export type Wanted = {
  entity: Entity;
  partitions: ReadonlySet<number>;
  isOwnMark: (bytes: Buffer, from: number, end: number) => boolean;
};

/**
 * Packs the state of a record in one of the wanted partitions, behind what the scratch has. Returns `unusual` if
 * anything about the record is unusual, such as a deletion: decode it then.
 */
export const packRecord = (
  scratch: Scratch,
  record: Buffer,
  { entity, partitions, isOwnMark }: Wanted,
): PackedRecord | 'unwanted' | 'unusual' => {
  const end = record.readInt32LE(0) - 1;
  const from = beginFields(scratch);
  let [id, version, partition, createdAt, updatedAt, mark, fields] = [0, 0, -1, 0, 0, 0, 0];
  for (let at = 4; at < end; ) {
    const type = record[at] ?? 0;
    let value = at + 1;
    while (record[value] !== 0) value += 1;
    value += 1;
    const size = sizeOf(record, value, type);
    if (size < 0) return 'unusual';
    const index = indexAt(record, at + 1, value - 1, entity.fieldNames);
    if (index >= 0) {
      if (!packStored(scratch, index, record, type, value)) return 'unusual';
      fields += 1;
    } else {
      const name = own[indexAt(record, at + 1, value - 1, own)];
      if (name === '_id' && type === types.text) id = value;
      else if (name === 'version' && type === types.int) version = record.readInt32LE(value);
      else if (name === 'partition' && type === types.int) partition = record.readInt32LE(value);
      else if (name === 'createdAt' && type === types.date) createdAt = value;
      else if (name === 'updatedAt' && type === types.date) updatedAt = value;
      else if (name === 'snapshot' && type === types.text) mark = value;
      else if (name !== undefined) return 'unusual';
    }
    at = value + size;
  }
  const isWhole = id > 0 && version > 0 && partition >= 0 && createdAt > 0 && updatedAt > 0 && mark > 0;
  if (!isWhole || !isOwnMark(record, mark + 4, mark + 3 + record.readInt32LE(mark))) return 'unusual';
  if (!partitions.has(partition)) return 'unwanted';
  const text = asciiAt(record, id + 4, id + 3 + record.readInt32LE(id));
  if (text === undefined) return 'unusual';
  scratch.bytes[from] = fields;
  const times = { createdAt: readMs(record, createdAt), updatedAt: readMs(record, updatedAt) };
  return { id: text, partition, version, packed: { bytes: scratch.bytes, from, end: scratch.used, ...times } };
};

const indexAt = (bytes: Buffer, from: number, end: number, names: readonly string[]): number => {
  for (let index = 0; index < names.length; index += 1) if (isText(bytes, from, end, names[index] ?? '')) return index;
  return -1;
};

const asciiAt = (bytes: Buffer, from: number, end: number): string | undefined => {
  for (let at = from; at < end; at += 1) if ((bytes[at] ?? 0) > 127) return undefined;
  return bytes.toString('latin1', from, end);
};
