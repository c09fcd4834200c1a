import { isUtf8 } from 'node:buffer';
import type { FaultCode } from '@muster/model';
import { findInexact } from './find-inexact.ts';
import { findRepeated } from './find-repeated.ts';

/** The value of a JSON text, or a `problem`: in words for the client, as a code, and where (a JSON pointer). */
export type ParsedJson = { kind: 'value'; value: unknown } | JsonProblem;

export type JsonProblem = { kind: 'problem'; why: string; code: FaultCode; pointer: string };

/**
 * Parses bytes as JSON in UTF-8: an object or an array. An empty body counts as `{}`. Bytes that are not UTF-8 are
 * refused, never replaced. So are an object in which a name occurs twice, and a number that would become another one.
 */
export const parseJson = (bytes: Buffer): ParsedJson => {
  if (!isUtf8(bytes))
    return unreadable(
      `the body is not valid UTF-8: the byte at position ${findBadByte(bytes)} (from 0) begins no character`,
    );
  if (bytes.length === 0) return { kind: 'value', value: {} };
  const text = bytes.toString('utf8').replace(/^\uFEFF/, '');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return unreadable('the body must be a JSON object');
    return findAmbiguity(text, value) ?? { kind: 'value', value };
  } catch (error) {
    return unreadable(error instanceof Error ? error.message : String(error));
  }
};

const unreadable = (why: string): JsonProblem => ({ kind: 'problem', why, code: 'unreadable-body', pointer: '' });

// readers of JSON disagree on both
const findAmbiguity = (text: string, value: object): JsonProblem | undefined => {
  const twice = findRepeated(text, value);
  if (twice !== undefined) return { kind: 'problem', why: repeated, code: 'repeated-key', pointer: twice };
  const inexact = findInexact(text);
  return inexact === undefined
    ? undefined
    : { kind: 'problem', why: unsafeNumber, code: 'unsafe-number', pointer: inexact };
};

const unsafeNumber = 'the number cannot be kept exactly as a double (IEEE 754); send it as a text';

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
