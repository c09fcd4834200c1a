import { expect } from 'chai';
import { type ParserError, problemOfParser } from './parser-answers.ts';
import { statusOf } from './problem.ts';

const errorOf = (code: string, reason?: string): ParserError =>
  Object.assign(new Error('Parse Error'), { code, ...(reason === undefined ? {} : { reason }) });

describe('An error of Node’s parser', () => {
  it('is a problem with the status that Node itself answers', () => {
    // the statuses of `socketOnError` in Node's lib/_http_server.js
    const ofNode: [string, number][] = [
      ['HPE_HEADER_OVERFLOW', 431],
      ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
      ['ERR_HTTP_REQUEST_TIMEOUT', 408],
      ['HPE_INVALID_METHOD', 400],
      ['ANY_OTHER', 400],
    ];
    for (const [code, status] of ofNode) expect(statusOf(problemOfParser(errorOf(code))), code).to.equal(status);
  });

  it('says what the parser found, in few words', () => {
    const { detail } = problemOfParser(errorOf('HPE_INVALID_HEADER_TOKEN', 'Invalid header value char'));
    expect(detail).to.equal(
      'Cannot read the request as HTTP/1.1: Invalid header value char; send it with an HTTP client',
    );
    expect(problemOfParser(errorOf('X', 'x'.repeat(5_000))).detail.length).to.be.below(200);
    expect(problemOfParser(errorOf('X')).detail).to.include('Parse Error');
  });
});
