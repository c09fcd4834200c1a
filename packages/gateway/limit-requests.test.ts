import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { openLogger, Registry } from '@muster/runtime';
import { openAppendQueue } from '@muster/store';
import { call, until } from '@muster/testing';
import { expect } from 'chai';
import Koa from 'koa';
import { openFeed } from './feed/feed.ts';
import { limitRequests } from './limit-requests.ts';
import { openGatewayMetrics } from './metrics.ts';
import { openRequests } from './requests.ts';
import { parseGatewaySettings } from './settings.ts';

/** Opens an app with a limit of two requests at once. Its handler ends when `work` ends. */
const openLimited = async (work: (path: string) => Promise<unknown>) => {
  const parsed = parseGatewaySettings({
    MONGODB_URI: 'mongodb://127.0.0.1',
    CLUSTER_SECRET: 'the secret of the tests',
    REQUESTS_MAX: '2',
  });
  if (parsed.kind === 'problems') throw new Error(parsed.problems.join());
  const requests = openRequests();
  const app = new Koa();
  app.silent = true;
  const metrics = openGatewayMetrics(new Registry(), openAppendQueue(), requests, openFeed([], 1));
  app.use(limitRequests({ requests, settings: parsed.settings, logger: openLogger('test', 'silent'), metrics }));
  app.use(async (ctx) => {
    await work(ctx.path);
    ctx.status = 204;
  });
  const server = createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, port, requests, [Symbol.asyncDispose]: close };
};

describe('The limit of requests at once', () => {
  it('counts a request whose handler never ends until its connection closes', async () => {
    await using limited = await openLimited((path) =>
      path === '/never' ? new Promise(() => undefined) : Promise.resolve(),
    );
    const sockets = [connect(limited.port), connect(limited.port)];
    for (const socket of sockets) socket.write('GET /never HTTP/1.1\r\nHost: muster\r\n\r\n');
    await until('both are at work', () => limited.requests.inFlight.size === 2);
    expect((await call(limited.url, 'GET', '/')).status).to.equal(503);
    for (const socket of sockets) socket.destroy();
    await until('both are gone', () => limited.requests.inFlight.size === 0);
    expect((await call(limited.url, 'GET', '/')).status).to.equal(204);
  });

  it('starts no new request while twice as many handlers run for disconnected clients', async () => {
    const ends: (() => void)[] = [];
    await using limited = await openLimited((path) =>
      path === '/slow' ? new Promise<void>((resolve) => ends.push(resolve)) : Promise.resolve(),
    );
    for (let running = 1; running <= 4; running += 1) {
      const socket = connect(limited.port);
      socket.write('GET /slow HTTP/1.1\r\nHost: muster\r\n\r\n');
      await until('one more runs', () => ends.length === running);
      socket.destroy();
      await until('its client has left', () => limited.requests.inFlight.size === 0);
    }
    expect((await call(limited.url, 'GET', '/')).status).to.equal(503);
    for (const end of ends) end();
    await until('all have ended', () => limited.requests.running === 0);
    expect((await call(limited.url, 'GET', '/')).status).to.equal(204);
  });

  it('stops counting a request when its handler ends or fails, and only once', async () => {
    await using limited = await openLimited(async (path) => {
      if (path === '/fails') throw new Error('broken');
    });
    expect((await call(limited.url, 'GET', '/fails')).status).to.equal(500);
    expect((await call(limited.url, 'GET', '/')).status).to.equal(204);
    await until('both are gone', () => limited.requests.inFlight.size === 0);
  });
});
