import { expect } from 'chai';
import fc from 'fast-check';
import { openMessageParser, parseBytes, type Said } from './message-parser.ts';

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('\n', '\r', '\r\n', '\n\n') },
  { weight: 4, arbitrary: fc.constantFrom('data: ', 'data:', 'id: ', 'event: ', 'retry: ', ': ', 'data', 'id', ':') },
  { weight: 2, arbitrary: fc.constantFrom('a', '17', ' ', 'é', '€', '😀', '\0', '\ufeff', 'end') },
);
const stream = fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.from(pieces.join('')));
const cuts = fc.array(fc.nat(200), { maxLength: 12 });

const parse = (chunks: readonly Uint8Array[]): Said[] => {
  const parser = openMessageParser(100_000);
  return chunks.flatMap((chunk) => parseBytes(parser, chunk));
};

const cutAt = (bytes: Buffer, places: readonly number[]): Buffer[] => {
  const ends = [...places].sort((a, b) => a - b);
  return [...ends, bytes.length].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
};

/** What the standard says about a whole stream, with no thought for chunks. */
const readWhole = (bytes: Buffer): Said[] => {
  const lines = bytes
    .toString()
    .replace(/^\ufeff/, '')
    .split(/\r\n|\r|\n/)
    .slice(0, -1);
  let [data, event, id, hasId]: [string | undefined, string, string, boolean] = [undefined, '', '', false];
  return lines.flatMap((line): Said[] => {
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (line === '') {
      const said: Said[] = hasId ? [{ kind: 'id', id }] : [];
      const told = data;
      const kind = event || 'message';
      [data, event, hasId] = [undefined, '', false];
      return told === undefined ? said : [{ kind: 'message', event: kind, data: told.slice(0, -1), id }];
    }
    if (name === 'data') data = `${data ?? ''}${value}\n`;
    if (name === 'event') event = value;
    if (name === 'id' && !value.includes('\0')) [id, hasId] = [value, true];
    return name === 'retry' && /^[0-9]+$/.test(value) ? [{ kind: 'retry', retryMs: Number(value) }] : [];
  });
};

describe('The parser of server-sent events, for any stream', () => {
  it('reads the same messages, wherever the chunks are cut', () =>
    fc.assert(
      fc.property(stream, cuts, (bytes, places) => {
        expect(parse(cutAt(bytes, places))).to.deep.equal(parse([bytes]));
      }),
      { numRuns: 2_000 },
    ));

  it('reads what the standard says', () =>
    fc.assert(
      fc.property(stream, (bytes) => {
        expect(parse([bytes])).to.deep.equal(readWhole(bytes));
      }),
      { numRuns: 2_000 },
    ));
});
