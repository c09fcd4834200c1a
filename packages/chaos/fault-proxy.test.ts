import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@muster/testing';
import { expect } from 'chai';
import { type FaultProxy, openFaultProxy, resetLinks, setFault } from './fault-proxy.ts';

describe('The fault proxy', () => {
  const open: AsyncDisposable[] = [];
  let proxy: FaultProxy;
  let arrived: { socket: Socket; text: string; chunks: number[]; ended: boolean }[];
  beforeEach(async () => {
    arrived = [];
    const server = createServer((socket) => {
      const one = { socket, text: '', chunks: [] as number[], ended: false };
      arrived.push(one);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        one.ended = true;
      });
      socket.on('data', (bytes) => {
        one.text += bytes;
        one.chunks.push(bytes.length);
        socket.write(bytes);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = async () => {
      for (const { socket } of arrived) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    };
    open.push({ [Symbol.asyncDispose]: close });
    proxy = await openFaultProxy({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, 7);
    open.push(proxy);
  });
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
  });

  const dial = async () => {
    const client = connect({ port: proxy.port, host: '127.0.0.1' });
    const heard = { client, text: '', closed: false, error: '' };
    client.on('data', (bytes) => {
      heard.text += bytes;
    });
    client.on('error', (error: NodeJS.ErrnoException) => {
      heard.error = error.code ?? '';
    });
    client.on('close', () => {
      heard.closed = true;
    });
    await once(client, 'connect');
    open.push({ [Symbol.asyncDispose]: async () => void client.destroy() });
    return heard;
  };

  const heardWithin = async (heard: { text: string }, text: string) => {
    const from = performance.now();
    await until(`"${text.slice(0, 20)}" is heard`, () => heard.text === text);
    return performance.now() - from;
  };

  it('passes on all bytes in both directions, in order, and the end of the stream', async () => {
    const heard = await dial();
    const text = 'abcdefghij'.repeat(50_000);
    heard.client.write(text);
    await heardWithin(heard, text);
    heard.client.end();
    await until('the server sees the end', () => arrived[0]?.ended);
    await until('the link is gone', () => proxy.links.size === 0);
    expect(heard.error).to.equal('');
    expect(proxy.passed).to.deep.equal({ up: text.length, down: text.length });
  });

  it('delays both directions, with jitter, and keeps the order', async () => {
    const heard = await dial();
    await setFault(proxy, { delayMs: 60, jitterMs: 40 });
    for (const part of ['one', 'two', 'three']) heard.client.write(part);
    expect(await heardWithin(heard, 'onetwothree')).to.be.within(115, 10_000); // late on a busy machine
  });

  it('limits the bandwidth', async () => {
    const heard = await dial();
    await setFault(proxy, { bytesPerSecond: 40_000 });
    const text = 'x'.repeat(8_000);
    heard.client.write(text);
    expect(await heardWithin(heard, text)).to.be.above(200);
  });

  it('slices the bytes into pieces', async () => {
    const heard = await dial();
    await setFault(proxy, { sliceBytes: 10 });
    const text = 'y'.repeat(500);
    heard.client.write(text);
    await heardWithin(heard, text);
    expect(arrived[0]?.chunks.length).to.be.above(10);
  });

  it('keeps all bytes in a black hole, without an error, and passes them on when it is healed', async () => {
    const heard = await dial();
    heard.client.write('before');
    await heardWithin(heard, 'before');
    await setFault(proxy, { blackHole: 'both' });
    heard.client.write(' lost');
    await sleep(80);
    expect([heard.text, arrived[0]?.text, heard.closed]).to.deep.equal(['before', 'before', false]);
    await setFault(proxy, {});
    await heardWithin(heard, 'before lost');
  });

  it('is a black hole in one direction: requests arrive, answers do not', async () => {
    const heard = await dial();
    await setFault(proxy, { blackHole: 'down' });
    heard.client.write('asked');
    await until('it arrives', () => arrived[0]?.text === 'asked');
    await sleep(50);
    expect(heard.text).to.equal('');
    await setFault(proxy, { blackHole: 'up' });
    await heardWithin(heard, 'asked');
    heard.client.write(' more');
    await sleep(50);
    expect(arrived[0]?.text).to.equal('asked');
  });

  it('hides the end of a connection in a black hole until it is healed', async () => {
    const heard = await dial();
    heard.client.write('x');
    await heardWithin(heard, 'x');
    await setFault(proxy, { blackHole: 'both' });
    heard.client.destroy();
    await sleep(50);
    expect(arrived[0]?.ended).to.equal(false);
    await setFault(proxy, {});
    await until('the server sees it', () => arrived[0]?.ended);
  });

  it('resets connections, and accepts new ones', async () => {
    const heard = await dial();
    heard.client.write('x');
    await heardWithin(heard, 'x');
    resetLinks(proxy);
    await until('the client hears of it', () => heard.closed);
    expect(heard.error).to.equal('ECONNRESET');
    await until('the server too', () => arrived[0]?.ended);
    const next = await dial();
    next.client.write('again');
    await heardWithin(next, 'again');
  });

  it('refuses new connections and keeps existing ones, until it is healed', async () => {
    const heard = await dial();
    heard.client.write('x');
    await heardWithin(heard, 'x');
    await setFault(proxy, { refuse: true });
    const error = await dial().catch((reason) => reason);
    expect(error.code).to.equal('ECONNREFUSED');
    heard.client.write('y');
    await heardWithin(heard, 'xy');
    await setFault(proxy, {});
    const next = await dial();
    next.client.write('again');
    await heardWithin(next, 'again');
  });

  it('breaks a connection after the given number of bytes', async () => {
    const heard = await dial();
    await setFault(proxy, { cutAfterBytes: 7 });
    heard.client.write('0123456789');
    await until('the client hears of it', () => heard.closed);
    expect(arrived[0]?.text).to.equal('0123456');
  });

  it('has the same jitter for the same seed', async () => {
    const numbers = async (seed: number) => {
      await using one = await openFaultProxy({ host: '127.0.0.1', port: 1 }, seed);
      return one.random.state;
    };
    expect(await numbers(1)).to.equal(await numbers(1));
    expect(await numbers(1)).not.to.equal(await numbers(2));
  });
});
