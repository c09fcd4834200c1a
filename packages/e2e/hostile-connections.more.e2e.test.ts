import type { Socket } from 'node:net';
import { pause } from '@muster/runtime';
import { call, eventually, forAll, linesOf, openTestSystem, type TestSystem } from '@muster/testing';
import { expect } from 'chai';
import { oddRequests } from './odd-bytes.ts';
import { connectRaw } from './raw-client.ts';
import { ada } from './write-users.ts';

const idleSockets = 500;
const slowUploads = 50;

describe('A gateway with hostile connections', function () {
  this.timeout(180_000);
  let test: TestSystem;
  before(async () => {
    test = await openTestSystem({ aggregators: 1 });
    expect((await call(test.url, 'POST', '/api/user', { body: { id: 'ada', ...ada } })).status).to.equal(201);
  });
  after(() => test?.[Symbol.asyncDispose]());

  const figure = async (name: string) => {
    const { healthPort } = JSON.parse(linesOf(test, 'gateway').find((line) => line.includes('healthPort')) ?? '{}');
    const metrics = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    return Number(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'm').exec(metrics)?.[1]);
  };
  const megabytes = async () => (await figure('process_resident_memory_bytes')) / 2 ** 20;

  /** Sends a request as these bytes, and breaks the connection when something came back, or nothing for a while. */
  const sendOdd = async (bytes: string) => {
    const socket = await connectRaw(test.url);
    socket.on('error', () => undefined);
    socket.write(bytes.replaceAll('{id}', 'odd0'), 'latin1');
    await Promise.race([new Promise((resolve) => socket.once('data', resolve).once('close', resolve)), pause(30)]);
    socket.destroy();
  };
  const sendAllOdd = async (rounds: number) => {
    for (let round = 0; round < rounds; round += 1) await forAll(oddRequests, 16, sendOdd);
  };

  it('keeps its memory after thousands of malformed requests of over 60 kinds', async () => {
    expect(oddRequests.length).to.be.above(60);
    await sendAllOdd(10);
    const before = await megabytes();
    await sendAllOdd(30);
    const grown = (await megabytes()) - before;
    expect(grown, `from ${before} MB`).to.be.below(30);
    await eventually(
      () => figure('muster_requests_in_flight'),
      (number) => number === 0,
    );
    expect((await call(test.url, 'GET', '/api/user/ada')).status).to.equal(200);
  });

  it('answers others as fast with 500 idle connections and 50 uploads of a byte a time', async () => {
    const sockets: Socket[] = [];
    const open = async (bytes: string) => {
      const socket = await connectRaw(test.url);
      socket.on('error', () => undefined);
      socket.write(bytes);
      sockets.push(socket);
      return socket;
    };
    const before = await megabytes();
    await forAll(Array.from({ length: idleSockets }), 32, (_, at) => open(at % 2 === 0 ? '' : 'GET /api/user/a'));
    const head =
      'POST /api/user HTTP/1.1\r\nHost: muster\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n';
    const uploads = await forAll(Array.from({ length: slowUploads }), 16, () => open(head));
    const dripping = setInterval(() => {
      for (const socket of uploads) if (!socket.destroyed) socket.write('x');
    }, 50);
    try {
      const times: number[] = [];
      for (let asked = 0; asked < 200; asked += 1) {
        const startedAt = performance.now();
        expect((await call(test.url, 'GET', '/api/user/ada')).status).to.equal(200);
        times.push(performance.now() - startedAt);
      }
      expect(times.sort((one, other) => one - other)[190]).to.be.below(250);
      expect((await megabytes()) - before).to.be.below(60);
    } finally {
      clearInterval(dripping);
      for (const socket of sockets) socket.destroy();
    }
    await eventually(
      () => figure('muster_requests_in_flight'),
      (number) => number === 0,
    );
  });
});
