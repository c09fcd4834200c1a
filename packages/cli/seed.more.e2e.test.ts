import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { entities } from '@muster/entities';
import { call, openTestSystem, type TestSystem } from '@muster/testing';
import { expect } from 'chai';
import { seed } from './seed/seed.ts';

/** A gateway that is late: after each write that passes, it hides some users from the next few COUNTs. */
const openLateGateway = async (url: string, hidden: { counts: number; users: number }) => {
  const left = { counts: hidden.counts };
  const shown: number[] = [];
  const server = createServer((asked, response) => {
    const passed = request(
      new URL(asked.url ?? '/', url),
      { method: asked.method, headers: asked.headers },
      async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk);
        const body = Buffer.concat(chunks).toString();
        if (!asked.url?.endsWith('/count'))
          return response.writeHead(answer.statusCode ?? 500, answer.headers).end(body);
        const { count } = JSON.parse(body);
        const isFirst = shown.length === 0; // before anything is made
        if (!isFirst) left.counts -= 1;
        shown.push(!isFirst && left.counts >= 0 ? count - hidden.users : count);
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ count: shown.at(-1) }));
      },
    );
    asked.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { shown, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close };
};

describe('npm run seed', () => {
  let test: TestSystem;
  before(async () => {
    test = await openTestSystem();
  });
  after(() => test[Symbol.asyncDispose]());

  const runSeed = async (via: 'api' | 'log', number: number, url: string) => {
    const lines: string[] = [];
    const environment = { MONGODB_URI: test.system.mongodbUri, CLUSTER_SECRET: test.clusterSecret };
    const options = { entities, entity: 'user', users: 200, seed: number, via, concurrency: undefined, url };
    const code = await seed(environment, options, new AbortController().signal, (line) => lines.push(line));
    return { code, text: lines.join('\n') };
  };

  for (const [number, via] of (['api', 'log'] as const).entries()) {
    it(`through the ${via} ends only when COUNT at the gateway shows what it made`, async () => {
      await using late = await openLateGateway(test.url, { counts: 4, users: 55 });
      const before = (await call(test.url, 'GET', '/api/user/count')).body.count;
      const { code, text } = await runSeed(via, number + 1, late.url);
      expect(late.shown.at(-1), text).to.equal(before + 200);
      expect(late.shown.filter((count) => count === before + 145).length).to.be.at.least(3);
      expect(text).to.contain(`COUNT shows at least ${before + 200}`);
      expect(code).to.equal(0);
    });
  }

  it('makes nothing where the gateway does not answer', async () => {
    const before = await test.shell.events.countDocuments();
    const { code, text } = await runSeed('log', 9, 'http://127.0.0.1:1');
    expect(text).to.contain('http://127.0.0.1:1');
    expect(code).to.equal(2);
    expect(await test.shell.events.countDocuments()).to.equal(before);
  });
});
