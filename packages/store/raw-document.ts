import { BSON, type Document } from 'mongodb';

// Finds single fields in documents in their stored form (BSON), because decoding whole documents would cost too much. A
// document is its length in 4 bytes, then its fields, then a zero. A field is its type in 1 byte, its name and a zero,
// then its value.

export const types = {
  double: 1,
  text: 2,
  document: 3,
  list: 4,
  binary: 5,
  objectId: 7,
  boolean: 8,
  date: 9,
  null: 10,
  int: 16,
  timestamp: 17,
  long: 18,
} as const;

/** Decodes the document that begins at `from`, as the driver does. */
export const decodeAt = (bytes: Buffer, from: number): Document =>
  BSON.deserialize(bytes, { index: from, allowObjectSmallerThanBufferSize: true });

/**
 * Returns where the value of a field begins, in the document that begins at `from`. Returns -1 if the field is missing
 * or has another type, or if a field before it has a type that is not listed above.
 */
export const findValue = (bytes: Buffer, from: number, name: string, type: keyof typeof types): number => {
  const end = from + bytes.readInt32LE(from) - 1;
  for (let at = from + 4; at < end; ) {
    const value = bytes.indexOf(0, at + 1) + 1;
    if (isText(bytes, at + 1, value - 1, name)) return bytes[at] === types[type] ? value : -1;
    const size = sizeOf(bytes, value, bytes[at]);
    if (size < 0) return -1;
    at = value + size;
  }
  return -1;
};

/** Whether the value at this place is this text, which has no letters beyond ASCII. */
export const isTextAt = (bytes: Buffer, at: number, text: string): boolean =>
  at >= 0 && isText(bytes, at + 4, at + 3 + bytes.readInt32LE(at), text);

/** Whether the bytes between two places are this text. */
export const isText = (bytes: Buffer, from: number, end: number, text: string): boolean => {
  if (end - from !== text.length) return false;
  for (let index = 0; index < text.length; index += 1) if (bytes[from + index] !== text.charCodeAt(index)) return false;
  return true;
};

/** Returns the int at this place. Buffer's own function checks more, and takes several times as long. */
export const intAt = (bytes: Buffer, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);

/** Returns the date at this place, in milliseconds since 1970. */
export const readMs = (bytes: Buffer, at: number): number => intAt(bytes, at + 4) * 2 ** 32 + (intAt(bytes, at) >>> 0);

/** Returns the size of a value of this type in bytes, or -1 if the type is not listed above. */
export const sizeOf = (bytes: Buffer, at: number, type: number | undefined): number => {
  switch (type) {
    case types.null:
      return 0;
    case types.boolean:
      return 1;
    case types.int:
      return 4;
    case types.double:
    case types.date:
    case types.timestamp:
    case types.long:
      return 8;
    case types.objectId:
      return 12;
    case types.text:
      return 4 + intAt(bytes, at);
    case types.document:
    case types.list:
      return intAt(bytes, at);
    case types.binary:
      return 5 + intAt(bytes, at);
  }
  return -1;
};
