import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { expect } from 'chai';
import type { GeneratorMessage, LoadResult, LoadSpec } from './load-spec.ts';

describe('The load generator', function () {
  this.timeout(30_000);

  it('sends at a constant rate, and reckons from the moment when a request was due', async () => {
    const stall = { until: Number.NaN };
    const { result, seen } = await run(
      (_, answer) => {
        if (Number.isNaN(stall.until)) stall.until = performance.now() + 600;
        // the first request and all others of the first 600 ms are answered only then
        setTimeout(() => answer.end('{}'), Math.max(0, stall.until - performance.now()));
      },
      { connections: 4, phases: [{ perSecond: 200, seconds: 1.5 }], seconds: 1.5 },
    );
    expect(seen.total).to.equal(300);
    expect(result).to.include({ requests: 300, failed: 0 });
    expect(result.mostMs).to.be.within(550, 10_000); // longer on a busy machine
    // about 120 of 300 requests were due during the stall: their wait counts, although only 4 were in flight
    expect(result.slices.filter(({ mostMs }) => mostMs > 200).length).to.be.at.least(3);
    expect(seen.connections).to.equal(4);
  });

  it('keeps its connections, and sends one request at a time on each in a closed loop', async () => {
    const { result, seen, edges } = await run((_, answer) => answer.end('{}'), { connections: 3, seconds: 0.5 });
    expect(seen.connections).to.equal(3);
    expect(result.requests).to.be.above(100);
    expect(edges).to.equal('begin end result');
    expect(result.ownShare).to.be.above(0);
    expect(result.failed).to.equal(0);
    expect(seen.mostAtOnce).to.be.at.most(3);
  });

  it('counts refusals and broken connections, and goes on', async () => {
    const { result } = await run(
      ({ socket }, answer) => {
        const part = Math.random();
        if (part < 0.2) return void socket.destroy();
        if (part < 0.4) answer.statusCode = 503;
        answer.end('{}');
      },
      { connections: 8, phases: [{ perSecond: 400, seconds: 1 }], seconds: 1 },
    );
    const closed = result.faults['connection closed'] ?? 0;
    expect(closed).to.be.above(20);
    expect(result.statuses['503']).to.be.above(20);
    expect(closed + (result.statuses['200'] ?? 0) + (result.statuses['503'] ?? 0)).to.equal(400);
    expect(result.failed).to.equal(closed + result.refused);
  });
});

/** Runs the generator against a server in this process. `seen` is what the server saw. */
const run = async (listener: RequestListener, load: Pick<LoadSpec, 'connections' | 'seconds' | 'phases'>) => {
  const seen = { total: 0, connections: 0, atOnce: 0, mostAtOnce: 0 };
  const server = createServer((request, answer) => {
    seen.total += 1;
    seen.atOnce += 1;
    seen.mostAtOnce = Math.max(seen.mostAtOnce, seen.atOnce);
    answer.once('close', () => {
      seen.atOnce -= 1;
    });
    listener(request, answer);
  });
  server.on('connection', () => {
    seen.connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const spec: LoadSpec = { ...load, url, path: '/api/user', users: 100, seed: 1, recipe: 'get', warmSeconds: 0 };
  const generator = join(findProjectRoot(), 'packages', 'bench', 'generator.ts');
  const child = fork(generator, [JSON.stringify(spec)], { execArgv: ['--import', 'tsx'] });
  const found: { result?: LoadResult } = {};
  const kinds: string[] = [];
  child.on('message', (message: GeneratorMessage) => {
    kinds.push(message.kind);
    if (message.kind === 'result') found.result = message.result;
  });
  await once(child, 'exit');
  server.close();
  if (found.result === undefined) throw new Error('The generator sent no result');
  return { result: found.result, seen, edges: kinds.join(' ') };
};
