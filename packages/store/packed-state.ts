import type { Entity } from '@muster/model';
import { beginFields, fieldsMax, packStored, type Scratch } from './packed-fields.ts';
import { intAt, isText, readMs, sizeOf, types } from './raw-document.ts';

// A record is packed in less time than it is decoded.

/** The packed fields of an active state, between two places of `bytes`, and its times. */
export type PackedFields = { bytes: Buffer; from: number; end: number; createdAt: number; updatedAt: number };

/** The same, with the id between two places of the record. All its letters are ASCII. */
export type Packed = PackedFields & { record: Buffer; idFrom: number; idEnd: number };

/** A record with its state packed. */
export type PackedRecord = { partition: number; version: number; packed: Packed };

/**
 * Whether the records of this entity may be packed as they are stored. Those of other entities are checked when they
 * are read: a program with another shape of state may have saved them.
 */
export const isPackable = (entity: Entity): boolean =>
  entity.isRecord && entity.fieldNames.length <= fieldsMax && entity.fieldNames.every(isPlainName);

// names are compared letter by letter with their stored bytes
const isPlainName = (name: string): boolean => /^[ -~]+$/.test(name) && !own.includes(name);

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
  const end = intAt(record, 0) - 1;
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
      else if (name === 'version' && type === types.int) version = intAt(record, value);
      else if (name === 'partition' && type === types.int) partition = intAt(record, value);
      else if (name === 'createdAt' && type === types.date) createdAt = value;
      else if (name === 'updatedAt' && type === types.date) updatedAt = value;
      else if (name === 'snapshot' && type === types.text) mark = value;
      else if (name !== undefined) return 'unusual';
    }
    at = value + size;
  }
  const isWhole = id > 0 && version > 0 && partition >= 0 && createdAt > 0 && updatedAt > 0 && mark > 0;
  if (!isWhole || !isOwnMark(record, mark + 4, mark + 3 + intAt(record, mark))) return 'unusual';
  if (!partitions.has(partition)) return 'unwanted';
  const [idFrom, idEnd] = [id + 4, id + 3 + intAt(record, id)];
  if (!isAscii(record, idFrom, idEnd)) return 'unusual';
  scratch.bytes[from] = fields;
  const packed: Packed = {
    bytes: scratch.bytes,
    from,
    end: scratch.used,
    createdAt: readMs(record, createdAt),
    updatedAt: readMs(record, updatedAt),
    record,
    idFrom,
    idEnd,
  };
  return { partition, version, packed };
};

const indexAt = (bytes: Buffer, from: number, end: number, names: readonly string[]): number => {
  for (let index = 0; index < names.length; index += 1) if (isText(bytes, from, end, names[index] ?? '')) return index;
  return -1;
};

const isAscii = (bytes: Buffer, from: number, end: number): boolean => {
  let all = 0;
  for (let at = from; at < end; at += 1) all |= bytes[at] ?? 0;
  return all < 128;
};
