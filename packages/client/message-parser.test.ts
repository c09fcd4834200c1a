import { expect } from 'chai';
import { openMessageParser, parseBytes, type Said } from './message-parser.ts';

const parse = (...chunks: (string | Uint8Array)[]): Said[] => {
  const parser = openMessageParser(1_000);
  return chunks.flatMap((chunk) => parseBytes(parser, typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
};
const message = (data: string, more: Partial<{ event: string; id: string }> = {}) => ({
  ...{ kind: 'message', event: 'message', id: '', data },
  ...more,
});

describe('The parser of server-sent events', () => {
  it('takes lines that end with LF, CR or CRLF', () => {
    const texts = ['\n', '\r', '\r\n'].map((end) => ['data: a', 'data:  b', '', 'data', '', ''].join(end));
    for (const text of texts) expect(parse(text)).to.deep.equal([message('a\n b'), message('')]);
    expect(parse('data: a\r\r\n\ndata: b\n\r')).to.deep.equal([message('a'), message('b')]);
  });

  it('takes a CRLF that comes in two chunks as one end of a line', () => {
    expect(parse('data: a\r', '', '\ndata: b\r', '\n\r', '\n')).to.deep.equal([message('a\nb')]);
    expect(parse('data: a\r', '\r')).to.deep.equal([message('a')]); // at once, without a look at what follows
  });

  it('reads id, event, data and retry, and ignores comments and other fields', () => {
    expect(parse(': hello\nid: 7\nevent: end\ndata: x\nother: y\nretry: 20\n\n')).to.deep.equal([
      { kind: 'retry', retryMs: 20 },
      message('x', { event: 'end', id: '7' }),
    ]);
    expect(parse('retry: 2s\n\nretry:\n\n')).to.deep.equal([]);
  });

  it('keeps the id for later messages, but not the event', () =>
    expect(parse('id: 7\nevent: a\ndata: 1\n\ndata: 2\n\nid\ndata: 3\n\n')).to.deep.equal([
      message('1', { event: 'a', id: '7' }),
      message('2', { id: '7' }),
      message('3'),
    ]));

  it('ignores an id with NUL, and tells an id without data', () => {
    expect(parse('id: a\0b\ndata: 1\n\n')).to.deep.equal([message('1')]);
    expect(parse('id: 8\nevent: a\n\ndata: 1\n\n')).to.deep.equal([{ kind: 'id', id: '8' }, message('1', { id: '8' })]);
  });

  it('puts a character together that comes in two chunks, and leaves out a byte order mark', () => {
    const bytes = Buffer.from('\ufeffdata: aé😀\n\n');
    for (let cut = 0; cut <= bytes.length; cut += 1)
      expect(parse(bytes.subarray(0, cut), bytes.subarray(cut))).to.deep.equal([message('aé😀')]);
  });

  it('leaves out a message that does not end', () =>
    expect(parse('data: a\n\ndata: b\n')).to.deep.equal([message('a')]));

  it('stops at a message that is too long, in one line or in many', () => {
    expect(parse(`data: ${'x'.repeat(990)}\n\n`)).to.have.length(1);
    expect(parse(`data: ${'x'.repeat(1_100)}\n\n`)).to.deep.equal([{ kind: 'too-long' }]);
    expect(parse(...Array.from({ length: 11 }, () => 'x'.repeat(100)))).to.deep.equal([{ kind: 'too-long' }]);
    expect(parse('data\n'.repeat(300))).to.deep.equal([{ kind: 'too-long' }]);
    expect(parse(': comment\n'.repeat(300), 'data: a\n\n')).to.deep.equal([message('a')]);
  });
});
