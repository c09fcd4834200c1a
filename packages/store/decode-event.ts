import type { Document } from 'mongodb';
import type { StoredEvent } from './documents.ts';
import { decodeAt, intAt, isText, readMs, sizeOf, types } from './raw-document.ts';

// Every event passes here, in each replica and in each replay of the log. The driver's decoder takes three times as
// long, mostly for names and for short texts.

/** Decodes the event that begins at `from`, as the driver does. */
export const decodeEvent = (bytes: Buffer, from: number): StoredEvent =>
  (decodeUsual(bytes, from) ?? decodeAt(bytes, from)) as StoredEvent;

/** Returns undefined if the document has a value or a name that is unusual for an event. */
const decodeUsual = (bytes: Buffer, from: number): Document | undefined => {
  const end = from + intAt(bytes, from) - 1;
  const document: Document = {};
  for (let at = from + 4; at < end; ) {
    const type = bytes[at];
    let value = at + 1;
    let hash = 0;
    for (let byte = bytes[value]; byte; byte = bytes[value]) {
      hash = (hash * 31 + byte) | 0;
      value += 1;
    }
    const name = nameAt(bytes, at + 1, value, hash);
    if (isSpecial(name)) return undefined;
    value += 1;
    const decoded = decodeValue(bytes, value, type);
    if (decoded === undefined) return undefined;
    document[name] = decoded;
    at = value + sizeOf(bytes, value, type);
  }
  return document;
};

// the driver makes something else of these
const isSpecial = (name: string): boolean => name.charCodeAt(0) === 36 || name === '__proto__';

/** Returns undefined for a type that is unusual in an event. */
const decodeValue = (bytes: Buffer, at: number, type: number | undefined): unknown => {
  switch (type) {
    case types.text:
      return textAt(bytes, at + 4, at + 3 + intAt(bytes, at));
    case types.int:
      return intAt(bytes, at);
    case types.double:
      return bytes.readDoubleLE(at);
    case types.date:
      return new Date(readMs(bytes, at));
    case types.boolean:
      return bytes[at] === 1;
    case types.null:
      return null;
    case types.document:
      return decodeUsual(bytes, at);
    case types.list: {
      const decoded = decodeUsual(bytes, at);
      return decoded && Object.values(decoded); // its names are 0, 1 and so on
    }
  }
  return undefined;
};

/** Returns undefined if the bytes may not be a text in UTF-8: the driver reports that. */
const textAt = (bytes: Buffer, from: number, end: number): string | undefined => {
  let all = 0;
  for (let at = from; at < end; at += 1) all |= bytes[at] ?? 0;
  if (all < 128) return bytes.toString('latin1', from, end);
  const text = bytes.toString('utf8', from, end);
  return text.includes('\ufffd') ? undefined : text;
};

// names that were seen, by their hash: making a text of bytes costs more than comparing the two
const names: string[] = Array.from({ length: 256 }, () => '');

const nameAt = (bytes: Buffer, from: number, end: number, hash: number): string => {
  const seen = names[hash & 255] ?? '';
  if (isText(bytes, from, end, seen)) return seen;
  const name = bytes.toString('utf8', from, end);
  names[hash & 255] = name;
  return name;
};
