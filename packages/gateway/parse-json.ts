import { isUtf8 } from 'node:buffer';

/** The value of a JSON text. `problem`: the text is invalid, with a reason for the client. */
export type ParsedJson = { kind: 'value'; value: unknown } | { kind: 'problem'; why: string };

/**
 * Parses bytes as a JSON object or array in UTF-8. An empty body counts as `{}`. Bytes that are not valid UTF-8 are
 * refused, never replaced.
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
    if (typeof value === 'object' && value !== null) return { kind: 'value', value };
    return { kind: 'problem', why: 'the body must be a JSON object' };
  } catch (error) {
    return { kind: 'problem', why: error instanceof Error ? error.message : String(error) };
  }
};

const replacement = Buffer.from('\uFFFD');

/** Returns the position of the first byte that is not valid UTF-8. */
const findBadByte = (bytes: Buffer): number => {
  let at = 0;
  for (const character of bytes.toString('utf8')) {
    const isReplaced = character === '\uFFFD' && !bytes.subarray(at, at + replacement.length).equals(replacement);
    if (isReplaced) return at;
    at += Buffer.byteLength(character);
  }
  return at;
};
