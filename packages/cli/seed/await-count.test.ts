import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { entities } from '@muster/entities';
import { expect } from 'chai';
import { awaitCount, countBefore } from './await-count.ts';

const [user] = entities;
if (!user) throw new Error('Cannot test without an entity');

type Answer = { count?: number; meta?: { count: number }; asOf?: string; status?: number };

/** Opens a replacement of a gateway. It answers COUNT with these answers in order, then with the last one for ever. */
const openGateway = async (answers: Answer[]) => {
  const asked: string[] = [];
  const give = (response: ServerResponse, { count, meta, asOf, status = 200 }: Answer) => {
    response.writeHead(status, asOf === undefined ? {} : { 'muster-as-of': asOf });
    response.end(JSON.stringify(status === 200 ? { count, meta } : { title: 'Unavailable' }));
  };
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    give(response, answers[Math.min(asked.length, answers.length) - 1] ?? {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close };
};

const going = new AbortController().signal;
const heard: number[] = [];
// a busy machine may not answer for some hundred milliseconds
const awaitFrom = (urls: string[], wanted: number, { signal = going, everyMs = 5, stallMs = 10_000 } = {}) =>
  awaitCount({
    urls,
    entity: user,
    wanted,
    signal,
    everyMs,
    stallMs,
    onCount: (count) => void heard.push(count),
  });

describe('The wait for COUNT', () => {
  it('ends when every gateway shows the wanted count three times in a row', async () => {
    await using first = await openGateway([
      { count: 99_845 },
      { count: 100_000 },
      { count: 99_999 },
      { count: 100_001 },
    ]);
    await using second = await openGateway([{ status: 503 }, { count: 100_000 }]);
    expect(await awaitFrom([first.url, second.url], 100_000)).to.equal(undefined);
    expect(first.asked.slice(0, 4)).to.deep.equal(Array.from({ length: 4 }, () => 'GET /api/user/count'));
    expect(first.asked).to.have.length(6);
    expect(second.asked).to.have.length(4);
    expect(heard.slice(-10)).to.include(99_845);
  });

  it('does not accept an answer from a snapshot', async () => {
    await using gateway = await openGateway([{ count: 500, asOf: '2026-01-01T00:00:00.000Z' }, { count: 500 }]);
    expect(await awaitFrom([gateway.url], 500)).to.equal(undefined);
    expect(gateway.asked).to.have.length(4);
  });

  it('reads the count of an entity whose format is JSON:API', async () => {
    await using gateway = await openGateway([{ meta: { count: 500 } }]);
    expect(await awaitFrom([gateway.url], 500)).to.equal(undefined);
  });

  it('continues while the count grows', async function () {
    this.timeout(30_000);
    const growing = Array.from({ length: 100 }, (_, index) => ({ count: index }));
    await using gateway = await openGateway(growing);
    // in all they take longer than a stall
    expect(await awaitFrom([gateway.url], 99, { everyMs: 20, stallMs: 1_500 })).to.equal(undefined);
  });

  it('ends with the shown and the wanted count when the count no longer grows', async () => {
    await using gateway = await openGateway([{ count: 99_845 }]);
    const problem = await awaitFrom([gateway.url], 100_000, { stallMs: 500 });
    expect(problem).to.contain('99845').and.contain('100000').and.contain(gateway.url);
  });

  it('ends with the reason when the gateway does not answer', async () => {
    await using gateway = await openGateway([{ status: 503 }]);
    expect(await awaitFrom([gateway.url], 1, { stallMs: 300 })).to.contain('status 503');
  });

  it('ends at once when the signal aborts', async () => {
    await using gateway = await openGateway([{ count: 1 }]);
    expect(await awaitFrom([gateway.url], 2, { signal: AbortSignal.timeout(50) })).to.contain('interrupted');
  });
});

describe('The count before', () => {
  it('is the highest count of the gateways', async () => {
    await using first = await openGateway([{ status: 503 }, { count: 7 }]);
    await using second = await openGateway([{ count: 9 }]);
    expect(await countBefore([first.url, second.url], user, going)).to.equal(9);
  });

  it('is unknown when no gateway answers', async () => {
    await using gateway = await openGateway([{ status: 503 }]);
    expect(await countBefore([gateway.url], user, AbortSignal.timeout(100))).to.equal(undefined);
  });
});
