import { findFreePort } from '@muster/embedded';
import { systems } from '@muster/entities';
import { countBy, defineRecord, type Entity } from '@muster/model';
import { call, eventually, openOwnServer, openShell, type Reply } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { openCutProxy } from './cut-proxy.ts';
import { runInProcess } from './run-in-process.ts';

const [message] = systems.messages as [Entity];
const [queueMax, requestsMax, lanes, batchMax, clients] = [20, 200, 2, 5, 400];

const environment = {
  APPEND_QUEUE_MAX: `${queueMax}`,
  APPEND_LANES: `${lanes}`,
  APPEND_BATCH_MAX: `${batchMax}`,
  REQUESTS_MAX: `${requestsMax}`,
};

const box = defineRecord({
  ...{ name: 'box', title: 'Box', collection: 'Boxes', fields: { size: Joi.number() } },
  ...{ indexes: ['size'], views: { bySize: countBy('size') } },
  routes: [
    { method: 'GET', path: '/box', reads: () => 'a', answer: ({ state }) => ({ body: state }) },
    { method: 'GET', path: '/boxes', readsAll: true, member: ({ id, size }) => [String(id), size] },
  ],
});

describe('While the database stores messages slowly', function () {
  this.timeout(120_000);

  it('those that find no place get 503 with Retry-After in time, and no queue grows beyond its cap', async () => {
    await using server = await openOwnServer();
    await using proxy = await openCutProxy(server);
    await using shell = openShell({ uri: server.uri, database: 'muster' });
    const healthPort = await findFreePort('127.0.0.1');
    await using system = await runInProcess([message], {
      aggregators: 0,
      environment: { ...environment, HEALTH_PORT: `${healthPort}` },
      database: { uri: proxy.uri, database: 'muster' },
    });
    const gaugeOf = async (name: string): Promise<number> => {
      const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
      return Number(new RegExp(`^${name}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1]);
    };
    const post = (number: number) => call(system.url, 'POST', '/dummy', { body: { number } });
    expect((await post(-1)).status).to.equal(202);

    proxy.lateMs = ({ name, collection }) => (name === 'insert' && collection === 'Events' ? 4_000 : 0);
    const most = { waiting: 0, atWork: 0 };
    const sent = Promise.all(Array.from({ length: clients }, (_, number) => post(number)));
    const watch = { isOver: false };
    const watching = (async () => {
      while (!watch.isOver) {
        most.waiting = Math.max(most.waiting, await gaugeOf('muster_appends_waiting'));
        most.atWork = Math.max(most.atWork, await gaugeOf('muster_requests_in_flight'));
      }
    })();
    const replies = await sent.finally(() => {
      watch.isOver = true;
    });
    await watching;

    const kinds = replies.map((reply) => `${reply.status} ${reply.body.written} ${reply.headers.get('retry-after')}`);
    expect(new Set(kinds)).to.deep.equal(new Set(['503 notWritten 1', '503 unknown 1']));
    expect(replies.filter(isFull).length, 'refused because the queue is full').to.be.above(0);
    expect(Math.max(...replies.map(({ ms }) => ms)), 'ms until the last answer').to.be.below(4_000);
    expect(most.waiting, 'appends that waited').to.be.within(1, queueMax + lanes * batchMax);
    expect(most.atWork, 'requests at work').to.be.within(1, requestsMax);

    proxy.lateMs = () => 0;
    await eventually(
      () => post(clients),
      ({ status }) => status === 202,
    );
    const stored = await shell.db.collection('Events').distinct('data.content.number');
    const unwritten = replies.flatMap(({ body }, number) => (body.written === 'notWritten' ? [number] : []));
    expect(unwritten.filter((number) => stored.includes(number))).to.deep.equal([]);
  });
});

describe('While connections to the database break', function () {
  this.timeout(120_000);

  it('clients get 503 without the text of the driver, which names addresses', async () => {
    await using server = await openOwnServer();
    await using proxy = await openCutProxy(server);
    await using system = await runInProcess([message, box], {
      aggregators: 0,
      database: { uri: proxy.uri, database: 'muster' },
    });
    expect((await call(system.url, 'POST', '/api/box', { body: { id: 'a', size: 1 } })).status).to.equal(201);
    const used = ['Events', 'Checkpoints', message.collection, box.collection];
    for (const [method, path, body] of [
      ['GET', '/api/message?limit=1', undefined],
      ['GET', '/api/message/count', undefined],
      ['GET', '/api/message/m', undefined],
      ['GET', '/api/box?sort=size', undefined],
      ['GET', '/api/box?limit=1', undefined],
      ['GET', '/api/box/b', undefined],
      ['GET', '/api/box/views/bySize', undefined],
      ['GET', '/api/box/a/history', undefined],
      ['GET', '/api/box/a?version=1', undefined],
      ['GET', '/api/box/a:diff?from=1&to=1', undefined],
      ['GET', '/api/box/count?at=2026-01-01', undefined],
      ['GET', '/api/box?at=2026-01-01', undefined],
      ['GET', '/box', undefined],
      ['GET', '/boxes', undefined],
      ['PUT', '/api/box/b', { size: 2 }],
      ['DELETE', '/api/box/b', undefined],
    ] as const) {
      // while the gateway knows that the database is away, it does not ask
      proxy.isUnheard = () => false;
      await eventually(
        () => call(system.url, 'GET', '/api/box/a/history'),
        ({ status }) => status === 200,
      );
      proxy.isUnheard = ({ collection }) => used.includes(collection);
      const { status, body: problem } = await call(system.url, method, path, { body });
      expect(status, `${method} ${path}`).to.equal(503);
      expect(problem.detail, `${method} ${path}`)
        .to.match(/(no answer from the database in time|the database does not answer); try again/)
        .and.not.match(/127\.0\.0\.1|connection \S+ to/);
    }
  });
});

const isFull = ({ body }: Reply): boolean => String(body.detail).includes('the queue is full');
