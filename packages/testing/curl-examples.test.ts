import { expect } from 'chai';
import { curlExamplesOf, findDifferences, parseCurlReply } from './curl-examples.ts';

const block = (...rows: string[]) => ['```sh', ...rows, '```'].join('\n');

describe('The curl examples of a Markdown text', () => {
  it('consist of a command and the reply in the comments below it', () =>
    expect(
      curlExamplesOf(
        block(
          'npm start',
          `curl -d '{"id":"a"}' \\`,
          '  localhost:3000/api/user',
          '# 201, ETag: "1", Link: a, b',
          '# {"id":"a"}',
        ),
      ),
    ).to.deep.equal([
      {
        line: 3,
        command: `curl -d '{"id":"a"}'   localhost:3000/api/user`,
        shown: {
          status: 201,
          headers: [
            ['ETag', '"1"'],
            ['Link', 'a, b'],
          ],
          body: { id: 'a' },
        },
      },
    ]));

  it('have no reply if no comment states one', () => {
    const [first, second] = curlExamplesOf(block('curl localhost:3000', 'curl localhost:3000', '# 204'));
    expect([first?.shown, second?.shown]).to.deep.equal([undefined, { status: 204, headers: [], body: undefined }]);
  });

  it('are only in sh blocks', () => expect(curlExamplesOf('```\ncurl localhost:3000\n```')).to.deep.equal([]));
});

describe('A reply of curl', () => {
  const reply = parseCurlReply(
    'HTTP/1.1 200 OK\r\nETag: "1"\r\nMuster-Source: aggregator-2\r\n\r\n{"id":"a","tags":["x"]}',
  );

  it('has a status, headers and a body', () =>
    expect([reply.status, reply.headers.get('etag'), reply.body]).to.deep.equal([
      200,
      '"1"',
      '{"id":"a","tags":["x"]}',
    ]));

  it('matches the example if … stands for any text', () =>
    expect(
      findDifferences(
        {
          status: 200,
          headers: [
            ['ETag', '"1"'],
            ['Muster-Source', 'aggregator-…'],
          ],
          body: { id: '…', tags: ['x'] },
        },
        reply,
      ),
    ).to.deep.equal([]));

  it('differs in its status, a header, a value, an additional field or a missing field', () => {
    const shown = { status: 200, headers: [], body: { id: 'a', tags: ['x'] } };
    const differ = (change: object) => findDifferences({ ...shown, ...change }, reply);
    expect(differ({ status: 201 })).to.deep.equal(['the status is 200, not 201']);
    expect(differ({ headers: [['Location', '…']] })).to.deep.equal(['the header Location is missing, not …']);
    const wrong = `the body is ${reply.body}`;
    expect(differ({ body: { id: 'b', tags: ['x'] } })).to.deep.equal([wrong]);
    expect(differ({ body: { id: 'a' } })).to.deep.equal([wrong]);
    expect(differ({ body: { id: 'a', tags: ['x'], more: 1 } })).to.deep.equal([wrong]);
  });
});
