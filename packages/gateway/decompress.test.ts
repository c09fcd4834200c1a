import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { decompress } from './decompress.ts';

const text = Buffer.from('{"name":"Ada"}');
const gzip = gzipSync(text);
const deflate = deflateSync(text);
const br = brotliCompressSync(text);
const bytesMax = 65_536;

describe('Decompressing a body', () => {
  it('returns the original bytes, in every encoding and from several gzip members', () => {
    const all: [string, Buffer][] = [
      ['gzip', gzip],
      ['x-gzip', gzip],
      ['deflate', deflate],
      ['br', br],
    ];
    for (const [encoding, body] of all)
      expect(decompress(encoding, body, bytesMax), encoding).to.deep.equal({ kind: 'bytes', bytes: text });
    const members = decompress('gzip', Buffer.concat([gzip, gzip]), bytesMax);
    expect(members).to.deep.equal({ kind: 'bytes', bytes: Buffer.concat([text, text]) });
  });

  const broken: [name: string, encoding: string, body: Buffer][] = [
    ['nothing', 'gzip', Buffer.alloc(0)],
    ['nothing', 'br', Buffer.alloc(0)],
    ['plain text', 'gzip', text],
    ['plain text', 'deflate', text],
    ['plain text', 'br', text],
    ['gzip cut in its middle', 'gzip', gzip.subarray(0, 12)],
    ['gzip without its checksum', 'gzip', gzip.subarray(0, -4)],
    ['gzip with a wrong checksum', 'gzip', Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(8)])],
    ['gzip followed by text', 'gzip', Buffer.concat([gzip, text])],
    ['gzip followed by zeros', 'gzip', Buffer.concat([gzip, Buffer.alloc(3)])],
    ['deflate followed by text', 'deflate', Buffer.concat([deflate, text])],
    ['deflate that needs a dictionary', 'deflate', deflateSync(text, { dictionary: Buffer.from('name') })],
    ['br followed by text', 'br', Buffer.concat([br, text])],
    ['br cut short', 'br', br.subarray(0, 5)],
  ];

  for (const [name, encoding, body] of broken)
    it(`refuses ${name} as ${encoding}`, () => {
      expect(decompress(encoding, body, bytesMax).kind).to.equal('broken');
    });

  it('returns up to the allowed number of bytes, and refuses one byte more', () => {
    expect(decompress('gzip', gzipSync(Buffer.alloc(bytesMax)), bytesMax).kind).to.equal('bytes');
    expect(decompress('gzip', gzipSync(Buffer.alloc(bytesMax + 1)), bytesMax).kind).to.equal('tooLarge');
    expect(decompress('br', brotliCompressSync(Buffer.alloc(5_000_000)), bytesMax).kind).to.equal('tooLarge');
  });
});
