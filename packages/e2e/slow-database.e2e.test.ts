import { findFreePort } from '@muster/embedded';
import { systems } from '@muster/entities';
import type { Entity } from '@muster/model';
import { call, eventually, openOwnServer, openShell, type Reply } from '@muster/testing';
import { expect } from 'chai';
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

const isFull = ({ body }: Reply): boolean => String(body.detail).includes('the queue is full');
