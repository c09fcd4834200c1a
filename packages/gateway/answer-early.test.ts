import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { until } from '@muster/testing';
import { expect } from 'chai';
import Koa from 'koa';
import { answerEarly, type DrainLimits } from './answer-early.ts';

/** An app that answers every request without reading its body. It answers `/late` after 100 ms. */
const openApp = async (limits: DrainLimits) => {
  const app = new Koa();
  app.silent = true;
  app.use(answerEarly(limits));
  app.use(async (ctx) => {
    if (ctx.path === '/late') await new Promise((resolve) => setTimeout(resolve, 100));
    if (ctx.method === 'DELETE') ctx.status = 204;
    else ctx.body = `answer to ${ctx.path}`;
  });
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, connections, [Symbol.asyncDispose]: close };
};

const ample: DrainLimits = { bytesMax: 1_000_000, withinMs: 10_000 };
const chunked = (start: string) => `${start} HTTP/1.1\r\nHost: muster\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n`;

/** Records what arrives on a connection. */
const listen = (socket: Socket) => {
  const heard = { text: '', ended: false };
  socket.on('data', (chunk) => {
    heard.text += chunk;
  });
  socket.on('end', () => {
    heard.ended = true;
  });
  socket.on('error', () => undefined);
  return heard;
};

describe('An answer before the end of the request', () => {
  for (const [start, expected] of [
    ['POST /a', /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nanswer to \/a$/s],
    ['HEAD /b', /^HTTP\/1\.1 200 OK\r\n.*Content-Length: 12\r\n.*\r\n\r\n$/s],
    ['DELETE /c', /^HTTP\/1\.1 204 No Content\r\n.*\r\n\r\n$/s],
  ] as const)
    it(`to ${start} is sent completely at once, and the connection closes at the end of the request`, async () => {
      await using app = await openApp(ample);
      const socket = connect({ port: app.port, allowHalfOpen: true });
      const heard = listen(socket);
      socket.write(chunked(start));
      await until('the answer has come', () => heard.ended);
      expect(heard.text)
        .to.match(expected)
        .and.to.match(/\r\nConnection: close\r\n/);
      expect(await app.connections()).to.equal(1);
      socket.write('0\r\n\r\n');
      await until('the connection is closed', async () => (await app.connections()) === 0);
      socket.destroy();
    });

  it('is sent after the answer to an earlier request on the same connection', async () => {
    await using app = await openApp(ample);
    const socket = connect(app.port);
    const heard = listen(socket);
    socket.write(`GET /late HTTP/1.1\r\nHost: muster\r\n\r\n${chunked('POST /a')}`);
    await until('both answers have come', () => heard.text.endsWith('answer to /a'));
    expect(heard.text.match(/answer to \/(late|a)/g)).to.deep.equal(['answer to /late', 'answer to /a']);
    socket.write('0\r\n\r\n');
    await until('the connection is closed', () => heard.ended);
    socket.destroy();
  });

  it('is followed by a close when the client does not complete the request in time', async () => {
    await using app = await openApp({ ...ample, withinMs: 50 });
    const socket = connect({ port: app.port, allowHalfOpen: true });
    const heard = listen(socket);
    socket.write(chunked('POST /a'));
    await until('the connection is closed', async () => heard.ended && (await app.connections()) === 0);
    expect(heard.text).to.match(/answer to \/a$/);
    socket.destroy();
  });

  it('is followed by a close when the client sends more bytes than the limit', async () => {
    await using app = await openApp({ ...ample, bytesMax: 1_000 });
    const socket = connect({ port: app.port, allowHalfOpen: true });
    const heard = listen(socket);
    socket.write(chunked('POST /a'));
    await until('the answer has come', () => heard.ended);
    expect(await app.connections()).to.equal(1);
    socket.write(`400\r\n${'x'.repeat(1_024)}\r\n`);
    await until('the connection is closed', async () => (await app.connections()) === 0);
    socket.destroy();
  });
});
