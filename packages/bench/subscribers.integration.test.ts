import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { expect } from 'chai';
import { broadcast, readBroadcasterMemory, templateOf } from './broadcast.ts';
import { readMachineMs } from './machine-clock.ts';
import type { SubscriberMessage, SubscribeSpec } from './subscribe-spec.ts';

const message = 'id: x.66\ndata: {"specversion":"1.0","data":{"name":"t1.500","group":1}}\n\n';

describe('The subscribers', function () {
  this.timeout(60_000);

  it('count what a broadcaster sends to each of them, over both protocols', async () => {
    await using broadcaster = start('broadcaster');
    const [{ port }] = await once(broadcaster.child, 'message');
    const url = `http://127.0.0.1:${port}`;
    for (const protocol of ['sse', 'websocket'] as const) {
      await using subscribers = start('subscribers');
      const opened = await ask(subscribers.child, { url, protocol, paths: ['/events'], connections: 21 });
      expect(opened).to.deep.equal({ kind: 'open' });
      const from = readMachineMs();
      await broadcast(url, { message: templateOf(message), perSecond: 200, perBatch: 4, seconds: 0.2 });
      const answer = await ask(subscribers.child, { messages: 21 * 40, withinMs: 20_000 });
      if (answer.kind !== 'received') throw new Error(`Expected what was received, found ${JSON.stringify(answer)}`);
      const { received } = answer;
      expect(received).to.include({ messages: 21 * 40, lost: 0 });
      expect(received.arrivals).to.be.within(21, 21 * 40);
      expect(received.samples.length, 'of two connections out of 21').to.equal(2 * 40);
      for (const [dueAt, arrivedAt] of received.samples) {
        expect(dueAt).to.be.at.least(from);
        expect(arrivedAt).to.be.at.least(dueAt - 0.001);
      }
      expect(received.message).to.match(/^id: x\.66\ndata: .*"name":"t\d+\.\d{3}"/);
    }
    const { heapBytes, rssBytes } = await readBroadcasterMemory(url);
    expect(rssBytes).to.be.above(heapBytes);
  });

  it('send the first path, the second one, and so on', async () => {
    const paths: (string | undefined)[] = [];
    await using server = await listen((path) => paths.push(path), 200);
    await using subscribers = start('subscribers');
    await ask(subscribers.child, { url: server.url, protocol: 'sse', paths: ['/a', '/b'], connections: 3 });
    expect(paths.sort()).to.deep.equal(['/a', '/a', '/b']);
  });

  it('say which answer they got instead', async () => {
    await using server = await listen(() => undefined, 429);
    await using subscribers = start('subscribers');
    const answer = await ask(subscribers.child, { url: server.url, protocol: 'sse', paths: ['/'], connections: 1 });
    expect(answer.kind === 'problem' && answer.problem).to.contain('expected status 200 or 101, found HTTP/1.1 429');
  });
});

const start = (name: string): AsyncDisposable & { child: ChildProcess } => {
  const path = join(findProjectRoot(), 'packages', 'bench', `${name}.ts`);
  const child = fork(path, [], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { child, [Symbol.asyncDispose]: end };
};

const ask = async (
  child: ChildProcess,
  question: SubscribeSpec | { messages: number; withinMs: number },
): Promise<SubscriberMessage> => {
  const answered = once(child, 'message');
  child.send(question);
  const [answer] = await answered;
  return answer;
};

const listen = async (onPath: (path: string | undefined) => void, status: number) => {
  const server = createServer((request, response) => {
    onPath(request.url);
    response.writeHead(status, { 'content-type': 'text/event-stream' }).flushHeaders();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close };
};
