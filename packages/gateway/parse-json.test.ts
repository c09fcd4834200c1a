import { expect } from 'chai';
import { parseJson } from './parse-json.ts';

describe('Parsing a body as JSON', () => {
  it('returns the value, with or without a byte order mark', () => {
    for (const text of ['{"name":"Zoé \uFFFD 😀"}', '\uFEFF{"name":"Zoé \uFFFD 😀"}'])
      expect(parseJson(Buffer.from(text))).to.deep.equal({ kind: 'value', value: { name: 'Zoé \uFFFD 😀' } });
  });

  it('treats an empty body as an object without fields', () => {
    expect(parseJson(Buffer.alloc(0))).to.deep.equal({ kind: 'value', value: {} });
  });

  const notUtf8: [name: string, bytes: Buffer, position: number][] = [
    ['text in ISO 8859-1', Buffer.from('{"name":"Zoé"}', 'latin1'), 11],
    [
      'text in ISO 8859-1 after characters of UTF-8',
      Buffer.concat([Buffer.from('{"é\uFFFD😀":"'), Buffer.from([0xe9])]),
      14,
    ],
    ['the first byte of the replacement character, alone', Buffer.from([0x7b, 0xef, 0x22]), 1],
    ['a character that is cut short', Buffer.from([0x7b, 0xe2, 0x82]), 1],
    ['text in UTF-16', Buffer.from([0xff, 0xfe, 0x7b, 0x00]), 0],
    ['a surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80]), 1],
  ];

  for (const [name, bytes, position] of notUtf8)
    it(`refuses ${name}, with the position`, () => {
      const parsed = parseJson(bytes);
      expect(parsed.kind === 'problem' && parsed.why).to.include(`the byte at position ${position} `);
    });

  it('refuses text that is not JSON, and JSON that is neither object nor array', () => {
    for (const text of ['{"name":', '\uFEFF', 'null', '1', '"text"', ' ', '{}{}'])
      expect(parseJson(Buffer.from(text)).kind, text).to.equal('problem');
  });

  it('refuses an object in which a name occurs twice, and says where', () => {
    const parsed = parseJson(Buffer.from('{"group":1,"group":99}'));
    expect(parsed.kind === 'problem' && [parsed.pointer, parsed.why.includes('twice')]).to.deep.equal(['/group', true]);
  });
});
