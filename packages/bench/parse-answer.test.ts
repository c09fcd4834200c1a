import { expect } from 'chai';
import { parseAnswer } from './parse-answer.ts';

const bytesOf = (...lines: string[]) => Buffer.from(lines.join('\r\n'));

describe('An HTTP answer', () => {
  const whole = bytesOf('HTTP/1.1 200 OK', 'Content-Length: 2', '', '{}');
  it('is parsed when its body is whole', () =>
    expect(parseAnswer(whole)).to.deep.equal({ status: 200, bodyFrom: 38, end: 40, isLast: false }));
  it('is awaited while bytes are missing', () => {
    expect(parseAnswer(whole.subarray(0, 39))).to.equal(undefined);
    expect(parseAnswer(whole.subarray(0, 20))).to.equal(undefined);
  });
  it('has no body with status 204', () =>
    expect(parseAnswer(bytesOf('HTTP/1.1 204 No Content', '', ''))).to.include({ status: 204, end: 27 }));
  it('says when the connection ends after it', () =>
    expect(parseAnswer(bytesOf('HTTP/1.1 503 X', 'connection: close', 'content-length: 0', '', ''))).to.include({
      status: 503,
      isLast: true,
    }));
  it('without a length is refused', () =>
    expect(() => parseAnswer(bytesOf('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', ''))).to.throw(
      'without Content-Length',
    ));
});
