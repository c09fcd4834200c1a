import { isUtf8 } from 'node:buffer';
import { findRepeated } from './find-repeated.ts';

/** The value of a JSON text, or a `problem` in words for the client, and where it is if that can be named. */
export type ParsedJson = { kind: 'value'; value: unknown } | { kind: 'problem'; why: string; pointer?: string };

/**
 * Parses bytes as JSON in UTF-8: an object or an array. An empty body counts as `{}`. Bytes that are not UTF-8 are
 * refused, never replaced. So is an object in which a name occurs twice.
 */
export const parseJson = (bytes: Buffer): ParsedJson => {
  if (!isUtf8(bytes))
    return {
      kind: 'problem',
      why: `the body is not valid UTF-8: the byte at position ${findBadByte(bytes)} (from 0) begins no character`,
    };
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  if (text === '') return { kind: 'value', value: {} };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return { kind: 'problem', why: 'the body must be a JSON object' };
    const pointer = findRepeated(text, value);
    return pointer === undefined ? { kind: 'value', value } : { kind: 'problem', why: repeated, pointer };
  } catch (error) {
    return { kind: 'problem', why: error instanceof Error ? error.message : String(error) };
  }
};

const repeated = 'the object has this name twice, and readers disagree on which of the two counts; send it once';

const replacement = Buffer.from('\uFFFD');

/** Returns the position of the first byte that is not UTF-8. */
const findBadByte = (bytes: Buffer): number => {
  let at = 0;
  for (const character of bytes.toString('utf8')) {
    const isReplaced = character === '\uFFFD' && !bytes.subarray(at, at + replacement.length).equals(replacement);
    if (isReplaced) return at;
    at += Buffer.byteLength(character);
  }
  return at;
};
