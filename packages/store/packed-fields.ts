import { decodeFields, type Entity, encodeFields, type Fields } from '@muster/model';
import { decodeAt, readMs, sizeOf, types } from './raw-document.ts';

// The fields of an active state as bytes: their number in one byte, then each field. A field is the place of its name
// among the entity's, its form, and its value. They take less than a third of the memory of an object.

/** Bytes to write to. They grow when they are full. A plain value; only this file changes it. */
export type Scratch = { bytes: Buffer; used: number };

export const openScratch = (): Scratch => ({ bytes: Buffer.allocUnsafeSlow(4_096), used: 0 });

export const emptyScratch = (scratch: Scratch): void => {
  scratch.used = 0;
};

// the letters of `ascii` take one byte each; lists and objects are JSON in the codec of states
const forms = { ascii: 1, text: 2, int: 3, double: 4, yes: 5, no: 6, null: 7, date: 8, json: 9 } as const;

/** How many fields an entity may have whose states are packed. */
export const fieldsMax = 255;

/**
 * Writes these fields behind what the scratch has. Returns false if they have a value or a name that has no form here:
 * what is written then is not to be used.
 */
export const packFields = (scratch: Scratch, { fieldNames }: Entity, fields: Fields): boolean => {
  if (fieldNames.length > fieldsMax) return false;
  const start = beginFields(scratch);
  let count = 0;
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    const index = fieldNames.indexOf(name);
    if (index < 0) return false;
    reserve(scratch, 10);
    scratch.bytes[scratch.used] = index;
    scratch.used += 1;
    if (!packValue(scratch, value)) return false;
    count += 1;
  }
  scratch.bytes[start] = count;
  return true;
};

/** Leaves room for the number of fields. Returns the place of that number. */
export const beginFields = (scratch: Scratch): number => {
  reserve(scratch, 1);
  scratch.used += 1;
  return scratch.used - 1;
};

const packValue = (scratch: Scratch, value: unknown): boolean => {
  const { bytes, used } = scratch;
  switch (typeof value) {
    case 'string':
      return packText(scratch, value);
    case 'boolean':
      return packForm(scratch, value ? forms.yes : forms.no);
    case 'number':
      if (Object.is(value | 0, value)) {
        bytes.writeInt32LE(value, used + 1);
        scratch.used += 4;
        return packForm(scratch, forms.int, used);
      }
      return packDouble(scratch, forms.double, value);
    case 'object':
      if (value === null) return packForm(scratch, forms.null);
      if (value instanceof Date) return packDouble(scratch, forms.date, value.getTime());
      return packJson(scratch, value);
  }
  return false;
};

const packForm = (scratch: Scratch, form: number, at = scratch.used): true => {
  scratch.bytes[at] = form;
  scratch.used += 1;
  return true;
};

const packDouble = (scratch: Scratch, form: number, value: number): true => {
  const { bytes, used } = scratch;
  bytes.writeDoubleLE(value, used + 1);
  scratch.used += 8;
  return packForm(scratch, form, used);
};

// a loop is faster than a call for the short texts that most are
const packText = (scratch: Scratch, text: string): boolean => {
  reserve(scratch, text.length + lengthBytesMax + 1);
  const { bytes, used } = scratch;
  const from = packLength(scratch, forms.ascii, text.length);
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code > 127) {
      scratch.used = used;
      return packWide(scratch, forms.text, text);
    }
    bytes[from + index] = code;
  }
  scratch.used = from + text.length;
  return true;
};

const packWide = (scratch: Scratch, form: number, text: string): boolean => {
  if (!isWellFormed(text)) return false;
  const length = Buffer.byteLength(text);
  reserve(scratch, length + lengthBytesMax + 1);
  const from = packLength(scratch, form, length);
  scratch.used = from + scratch.bytes.write(text, from);
  return true;
};

// without halves of surrogate pairs, which have no form in UTF-8
const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

const packJson = (scratch: Scratch, value: object): boolean => {
  try {
    return packWide(scratch, forms.json, JSON.stringify(encodeFields({ value })));
  } catch (error) {
    if (error instanceof TypeError) return false; // a value that is not data
    throw error;
  }
};

const lengthBytesMax = 5;
const isLong = 255; // the length follows in four bytes

/** Writes a form and a length. Returns where the bytes of this length begin. */
const packLength = (scratch: Scratch, form: number, length: number): number => {
  const { bytes, used } = scratch;
  bytes[used] = form;
  bytes[used + 1] = Math.min(length, isLong);
  if (length < isLong) return used + 2;
  bytes.writeUInt32LE(length, used + 2);
  return used + 2 + 4;
};

const reserve = (scratch: Scratch, bytes: number): void => {
  if (scratch.used + bytes <= scratch.bytes.length) return;
  const larger = Buffer.allocUnsafeSlow(2 * (scratch.used + bytes));
  scratch.bytes.copy(larger, 0, 0, scratch.used);
  scratch.bytes = larger;
};

/**
 * Writes the value at `at` of a document in its stored form (BSON) as the field with this index. Returns false if the
 * type has no form here: the document is decoded then.
 */
export const packStored = (scratch: Scratch, index: number, stored: Buffer, type: number, at: number): boolean => {
  const size = sizeOf(stored, at, type);
  reserve(scratch, size + lengthBytesMax + 10);
  scratch.bytes[scratch.used] = index;
  scratch.used += 1;
  switch (type) {
    case types.text:
      return packStoredText(scratch, stored, at + 4, size - 5);
    case types.int:
      for (let byte = 0; byte < 4; byte += 1) scratch.bytes[scratch.used + 1 + byte] = stored[at + byte] as number;
      scratch.used += 4;
      return packForm(scratch, forms.int, scratch.used - 4);
    case types.double:
      return packDouble(scratch, forms.double, stored.readDoubleLE(at));
    case types.date:
      return packDouble(scratch, forms.date, readMs(stored, at));
    case types.boolean:
      return packForm(scratch, stored[at] === 1 ? forms.yes : forms.no);
    case types.null:
      return packForm(scratch, forms.null);
    case types.document:
      return packJson(scratch, decodeAt(stored, at));
    case types.list:
      return packJson(scratch, Object.values(decodeAt(stored, at)));
  }
  return false;
};

const packStoredText = (scratch: Scratch, stored: Buffer, at: number, length: number): true => {
  const { bytes, used } = scratch;
  const from = packLength(scratch, forms.ascii, length);
  let all = 0;
  for (let index = 0; index < length; index += 1) {
    const byte = stored[at + index] ?? 0;
    all |= byte;
    bytes[from + index] = byte;
  }
  if (all > 127) bytes[used] = forms.text;
  scratch.used = from + length;
  return true;
};

/** Decodes the fields that are packed at this place. */
export const unpackFields = ({ fieldNames }: Entity, bytes: Buffer, from: number): Fields => {
  const fields: Fields = {};
  let at = from + 1;
  for (let left = bytes[from] ?? 0; left > 0; left -= 1) {
    const name = fieldNames[bytes[at] ?? 0] ?? '';
    const form = bytes[at + 1];
    at += 2;
    switch (form) {
      case forms.ascii:
      case forms.text:
      case forms.json: {
        let length = bytes[at] ?? 0;
        at += 1;
        if (length === isLong) {
          length = bytes.readUInt32LE(at);
          at += 4;
        }
        if (form === forms.ascii) fields[name] = bytes.toString('latin1', at, at + length);
        else if (form === forms.text) fields[name] = bytes.toString('utf8', at, at + length);
        else fields[name] = decodeFields(JSON.parse(bytes.toString('utf8', at, at + length))).value;
        at += length;
        break;
      }
      case forms.int:
        fields[name] = bytes.readInt32LE(at);
        at += 4;
        break;
      case forms.double:
        fields[name] = bytes.readDoubleLE(at);
        at += 8;
        break;
      case forms.date:
        fields[name] = new Date(bytes.readDoubleLE(at));
        at += 8;
        break;
      case forms.yes:
      case forms.no:
        fields[name] = form === forms.yes;
        break;
      case forms.null:
        fields[name] = null;
        break;
    }
  }
  return fields;
};

/** Decodes the field with this index among those that are packed at this place. Undefined if it is not there. */
export const unpackField = (index: number, bytes: Buffer, from: number): unknown => {
  let at = from + 1;
  for (let left = bytes[from] ?? 0; left > 0; left -= 1) {
    const found = bytes[at] === index;
    const form = bytes[at + 1];
    at += 2;
    switch (form) {
      case forms.ascii:
      case forms.text:
      case forms.json: {
        let length = bytes[at] ?? 0;
        at += 1;
        if (length === isLong) {
          length = bytes.readUInt32LE(at);
          at += 4;
        }
        if (found) return readText(bytes, form, at, length);
        at += length;
        break;
      }
      case forms.int:
        if (found) return bytes.readInt32LE(at);
        at += 4;
        break;
      case forms.double:
      case forms.date: {
        if (!found) {
          at += 8;
          break;
        }
        const value = bytes.readDoubleLE(at);
        return form === forms.date ? new Date(value) : value;
      }
      default:
        if (found) return form === forms.null ? null : form === forms.yes;
    }
  }
  return undefined;
};

const readText = (bytes: Buffer, form: number, from: number, length: number): unknown => {
  const text = bytes.toString(form === forms.ascii ? 'latin1' : 'utf8', from, from + length);
  return form === forms.json ? decodeFields(JSON.parse(text)).value : text;
};
