import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { until } from '@muster/testing';
import { expect } from 'chai';
import {
  type AggregatorClient,
  type AggregatorClientOptions,
  closeAggregatorClient,
  isAnswering,
  openAggregatorClient,
} from './aggregator-client.ts';
import type { WireProblem } from './complaints.ts';
import { blockOf, type Inbox } from './frames.ts';
import {
  challengeOf,
  type Greeting,
  greetingKinds,
  hearHello,
  hearWelcome,
  type Identity,
  keyOf,
  openGreeting,
  openGreetingInbox,
} from './greeting.ts';
import { dropConnections, type ReadService, type ServeOptions, serveRequests } from './serve-requests.ts';
import { readFrom } from './test-reads.ts';

const self: Identity = { name: 'aggregator-0', incarnation: 'a1', database: 'muster' };
const secret = 'the secret of the tests';
const key = keyOf(secret);
const [one, two] = ['1'.repeat(64), '2'.repeat(64)];

/** An aggregator that has sent its challenge, and the hello of a gateway that received it. */
const begin = ({
  expected = self,
  gatewayKey = key,
  nonce = one,
} = {}): { inbox: Inbox; greeting: Greeting; hello: Buffer } => {
  const greeting = openGreeting(expected, two);
  const heard = hearWelcome(greeting, gatewayKey, challengeOf(nonce));
  return {
    inbox: openGreetingInbox(),
    greeting,
    hello: heard.kind === 'challenged' ? heard.hello : expect.fail(heard.kind),
  };
};

describe('A greeting', () => {
  it('succeeds when both ends prove that they know the secret', () => {
    const { inbox, greeting, hello } = begin();
    const heard = hearHello(inbox, one, key, self, hello);
    expect(heard.kind).to.equal('greeted');
    expect(hearWelcome(greeting, key, repliedBy(heard)).kind).to.equal('greeted');
  });

  it('succeeds however its bytes are divided into chunks', () => {
    const { inbox, greeting, hello } = begin();
    for (const byte of hello.subarray(0, -1))
      expect(hearHello(inbox, one, key, self, Buffer.of(byte)).kind).to.equal('waiting');
    const reply = repliedBy(hearHello(inbox, one, key, self, hello.subarray(-1)));
    for (const byte of reply.subarray(0, -1))
      expect(hearWelcome(greeting, key, Buffer.of(byte)).kind).to.equal('waiting');
    expect(hearWelcome(greeting, key, reply.subarray(-1)).kind).to.equal('greeted');
  });

  it('never contains the secret in sent or stored data', () => {
    const { inbox, greeting, hello } = begin();
    const sent = Buffer.concat([challengeOf(one), hello, repliedBy(hearHello(inbox, one, key, self, hello))]);
    for (const text of [sent.toString('latin1'), JSON.stringify({ inbox, greeting, key })]) {
      for (const form of ['utf8', 'hex', 'base64'] as const)
        expect(text).not.to.contain(Buffer.from(secret).toString(form));
    }
  });

  it('refuses a gateway with another secret, and tells the gateway why', () => {
    const { inbox, greeting, hello } = begin({ gatewayKey: keyOf('another secret of others') });
    const heard = hearHello(inbox, one, key, self, hello);
    expect(problemOf(heard)).to.match(/^secret: .*CLUSTER_SECRET.*the same CLUSTER_SECRET/);
    expect(problemOf(hearWelcome(greeting, key, repliedBy(heard)))).to.match(/^secret: it refused our CLUSTER_SECRET/);
  });

  it('refuses an aggregator with another secret', () => {
    const { greeting, hello } = begin();
    const pretender = hearHello(openGreetingInbox(), one, key, self, hello);
    const forged = JSON.stringify({ ...self, proof: 'f'.repeat(64) });
    expect(pretender.kind).to.equal('greeted');
    expect(problemOf(hearWelcome(greeting, key, blockOf(greetingKinds.welcome, 0, Buffer.from(forged))))).to.match(
      /^secret: it does not know our CLUSTER_SECRET, so its answers are ignored/,
    );
  });

  it('refuses a hello from another connection', () => {
    const { inbox, hello } = begin();
    expect(hearHello(inbox, one, key, self, hello).kind).to.equal('greeted');
    expect(problemOf(hearHello(openGreetingInbox(), '3'.repeat(64), key, self, hello))).to.match(/^secret/);
  });

  it('refuses a welcome from another connection', () => {
    const { inbox, hello } = begin();
    const welcome = repliedBy(hearHello(inbox, one, key, self, hello));
    const later = openGreeting(self, '4'.repeat(64));
    hearWelcome(later, key, challengeOf(one));
    expect(problemOf(hearWelcome(later, key, welcome))).to.match(/^secret/);
  });

  it('cannot be answered with its own proof', () => {
    const { greeting, hello } = begin();
    const { proof } = wordsOf(hello);
    expect(
      problemOf(
        hearWelcome(greeting, key, blockOf(greetingKinds.welcome, 0, Buffer.from(JSON.stringify({ ...self, proof })))),
      ),
    ).to.match(/^secret/);
  });

  for (const [name, value] of Object.entries({ name: 'aggregator-1', incarnation: 'b2', database: 'other' })) {
    it(`fails on both ends when the ${name} differs`, () => {
      const { inbox, greeting, hello } = begin({ expected: { ...self, [name]: value } });
      const heard = hearHello(inbox, one, key, self, hello);
      expect(heard.kind).to.equal('refused');
      const problem = problemOf(hearWelcome(greeting, key, repliedBy(heard)));
      expect(problem).to.match(
        name === 'incarnation' ? /^incarnation: it was restarted/ : /^identity: found .*, expected .*ignored/,
      );
      expect(problemOf(heard)).to.match(
        name === 'database' ? /^identity: it uses database "other", this process uses "muster"/ : /^none/,
      );
    });

    it(`binds the ${name} to the proof`, () => {
      const { inbox, greeting, hello } = begin();
      const altered = blockOf(
        greetingKinds.hello,
        0,
        Buffer.from(JSON.stringify({ ...wordsOf(hello), [name]: value })),
      );
      expect(problemOf(hearHello(inbox, one, key, { ...self, [name]: value }, altered))).to.match(/^secret/);
      const welcome = wordsOf(repliedBy(hearHello(openGreetingInbox(), one, key, self, hello)));
      const alteredWelcome = blockOf(
        greetingKinds.welcome,
        0,
        Buffer.from(JSON.stringify({ ...welcome, [name]: value })),
      );
      expect(problemOf(hearWelcome(greeting, key, alteredWelcome))).to.match(/^secret/);
    });
  }

  it('of another version is refused with both versions in the message', () => {
    const challenge = blockOf(greetingKinds.challenge, 0, Buffer.from(JSON.stringify({ version: '4', nonce: one })));
    expect(problemOf(hearWelcome(openGreeting(self, two), key, challenge))).to.match(
      /^language: it uses version "4".*this process uses version "3"/,
    );
    const { inbox, hello } = begin();
    const newer = blockOf(greetingKinds.hello, 0, Buffer.from(JSON.stringify({ ...wordsOf(hello), version: '4' })));
    expect(problemOf(hearHello(inbox, one, key, self, newer))).to.match(/^language: it uses version "4"/);
  });

  it('refuses a peer that sends more before the other end has answered', () => {
    const { inbox, hello } = begin();
    expect(problemOf(hearHello(inbox, one, key, self, Buffer.concat([hello, hello.subarray(0, 1)])))).to.match(
      /^language/,
    );
    expect(
      problemOf(hearWelcome(openGreeting(self, two), key, Buffer.concat([challengeOf(one), challengeOf(one)]))),
    ).to.match(/^language/);
  });

  it('is refused by its head when it is too long', () => {
    const long = blockOf(greetingKinds.hello, 0, Buffer.alloc(1_020));
    expect(problemOf(hearHello(openGreetingInbox(), one, key, self, long.subarray(0, 8)))).to.match(/^language/);
    expect(problemOf(hearWelcome(openGreeting(self, two), key, long.subarray(0, 8)))).to.match(/^language/);
  });

  it('is refused unless each of its fields is a string', () => {
    const words = wordsOf(begin().hello);
    for (const name of Object.keys(words)) {
      for (const value of [undefined, null, 1, {}, [], ['a'], 'x'.repeat(129)]) {
        const hello = blockOf(greetingKinds.hello, 0, Buffer.from(JSON.stringify({ ...words, [name]: value })));
        expect(problemOf(hearHello(openGreetingInbox(), one, key, self, hello)), `${name} ${value}`).to.match(
          /^(language|secret)/,
        );
      }
    }
    for (const text of ['', 'null', '[]', '"hello"', '{', '1e9'])
      expect(
        problemOf(hearHello(openGreetingInbox(), one, key, self, blockOf(greetingKinds.hello, 0, Buffer.from(text)))),
        text,
      ).to.match(/^language/);
  });
});

describe('A gateway at the wire', () => {
  it('sends no request before the greeting, and reports a wrong secret', async () => {
    await using service = await openService();
    using gateway = connectTo(service.port, { secret: 'another secret of others' });
    await until(
      'both ends have reported the problem',
      () => gateway.problems.length > 0 && service.problems.length > 0,
    );
    await until('the gateway has tried again', () => gateway.client.failures > 3);
    expect(isAnswering(gateway.client)).to.equal(false);
    expect(await readFrom(gateway.client, reading, 5_000)).to.equal(undefined);
    expect(gateway.problems.map(({ kind }) => kind)).to.deep.equal(['secret']); // one report for all attempts
    expect(gateway.problems[0]?.message).to.match(
      /^Cannot use aggregator-0 at 127\.0\.0\.1:\d+: it refused our CLUSTER_SECRET/,
    );
    expect(service.problems.map(({ kind }) => kind)).to.deep.equal(['secret']);
    expect(service.problems[0]?.message).to.match(
      /^Closed the connection from (127\.0\.0\.1:\d+|this machine): it does not know our CLUSTER_SECRET/,
    );
    expect(JSON.stringify([gateway.problems, service.problems])).not.to.contain('secret of');
  });

  it('refuses an aggregator of another installation at a port that its own aggregator used', async () => {
    await using service = await openService({ identity: () => ({ ...self, database: 'other' }) });
    using gateway = connectTo(service.port);
    await until('the gateway has tried again', () => gateway.client.failures > 2);
    expect(isAnswering(gateway.client)).to.equal(false);
    expect(gateway.problems.map(({ kind }) => kind)).to.deep.equal(['identity']);
  });

  it('greets again when an aggregator has a new incarnation', async () => {
    const identity = { ...self };
    await using service = await openService({ identity: () => identity });
    using before = connectTo(service.port);
    await until('the gateway is connected', () => isAnswering(before.client));
    identity.incarnation = 'b2';
    expect(isAnswering(before.client)).to.equal(true);
    dropConnections(service);
    await until('the gateway is refused', () => before.problems.length > 0);
    expect(before.problems.map(({ kind }) => kind)).to.deep.equal(['incarnation']);
    using after = connectTo(service.port, { incarnation: 'b2' });
    await until('the gateway is connected', () => isAnswering(after.client));
    expect(isAnswering(before.client)).to.equal(false);
    expect(service.problems).to.deep.equal([]); // a restart is not a problem
  });

  it('disconnects from a program with another protocol, and reports it once', async () => {
    await using stranger = await openStranger((socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    using gateway = connectTo(stranger.port);
    await until('the gateway has tried again', () => gateway.client.failures > 2);
    expect(isAnswering(gateway.client)).to.equal(false);
    expect(gateway.problems.map(({ kind }) => kind)).to.deep.equal(['language']);
  });

  it('waits 2 s for a greeting, then tries again', async () => {
    await using mute = await openStranger(() => undefined);
    using gateway = connectTo(mute.port);
    const startedAt = performance.now();
    await until('the gateway has given up', () => gateway.client.failures === 1);
    expect(performance.now() - startedAt).to.be.within(1_900, 4_000);
    expect(isAnswering(gateway.client)).to.equal(false);
  });

  it('reconnects after a damaged answer, and discards the other data', async () => {
    await using damaged = await openRelay((bytes, index) => {
      if (index > 1) bytes[bytes.length - 3] = (bytes.at(-3) ?? 0) ^ 4; // challenge and welcome stay intact
      return bytes;
    });
    using gateway = connectTo(damaged.port);
    await until('the gateway is connected', () => isAnswering(gateway.client));
    expect(await readFrom(gateway.client, reading, 5_000)).to.equal(undefined);
    expect(gateway.problems.map(({ kind }) => kind)).to.deep.equal(['frame']);
    await until('the gateway is connected again', () => isAnswering(gateway.client));
  });
});

describe('A read service', () => {
  it('closes ungreeted and broken connections, and continues to serve the others', async () => {
    await using service = await openService();
    using gateway = connectTo(service.port);
    await until('the gateway is connected', () => isAnswering(gateway.client));
    const text = (kind: number, value: unknown) =>
      blockOf(kind, 1, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
    const greeted = [
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      text(99, ''), // an unknown kind
      text(1, ''), // an empty read
      blockOf(1, 1, Buffer.from([0, 0, 0, 0, 0, 0, 200])), // a read with an entity longer than the frame
      text(4, ''), // an empty read of a state
      text(2, '{'),
      text(2, { kind: 'drop' }),
      text(2, { kind: 'count', partitions: [], minVersions: [['note', 1, 1]], waitMs: 0 }),
      text(2, { kind: 'count', partitions: [], minVersions: [['note', 'a', 1, 1]], waitMs: 0 }),
      text(2, { kind: 'count', partitions: [], minVersions: 'all', waitMs: 0 }),
      text(2, { kind: 'count', partitions: [-1], minVersions: [], waitMs: 0 }),
      text(2, { kind: 'count', partitions: Array.from({ length: 1_025 }, () => 0), minVersions: [], waitMs: 0 }),
      text(2, {
        kind: 'count',
        partitions: [],
        minVersions: Array.from({ length: 100_001 }, () => ['a', 'b', 1]),
        waitMs: 0,
      }),
      text(2, { kind: 'list', entity: 'note', partition: 1, offset: -1, limit: 1, minVersions: [], waitMs: 0 }),
      text(2, { kind: 'list', entity: 'note', partition: 1, offset: 0, limit: 1e9, minVersions: [], waitMs: 0 }),
      text(2, { kind: 'dump', entity: 'note', partition: '1', after: '', limit: 1 }),
      text(3, ''), // a second hello
      Buffer.concat([text(99, ''), text(1, '\0\0\0\0\0\0\0a')]), // a valid request after an invalid one
      Buffer.from([0xff, 0xff, 0xff, 0xff]), // too long
    ];
    for (const bytes of greeted)
      expect(await talk(service.port, [bytes], secret), bytes.subarray(0, 100).toString('latin1')).to.have.length(2);
    const strange = [
      Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      blockOf(1, 1, Buffer.from('\0\0\0\0\0\0\0a')), // a request before the greeting
      blockOf(3, 0, Buffer.alloc(1_020)), // a long greeting
      Buffer.alloc(100_000, 'x'),
    ];
    for (const bytes of strange)
      expect(await talk(service.port, [bytes]), bytes.subarray(0, 100).toString('latin1')).to.have.length(1);
    expect(new Set(service.problems.map(({ kind }) => kind))).to.deep.equal(new Set(['frame', 'request', 'language']));
    expect(service.problems).to.have.length(3); // one report per kind, not per connection
    expect(service.counts.asked).to.equal(0);
    expect((await readFrom(gateway.client, reading, 5_000))?.kind).to.equal('notYet');
  });

  it('closes a connection that has not greeted within 2 s, even if it sends its hello byte by byte', async () => {
    await using service = await openService();
    const startedAt = performance.now();
    const slow = async function* () {
      for (const byte of Buffer.alloc(1_000, 1)) {
        yield Buffer.of(byte && 0); // a length that begins with zeros stays valid for a while
        await new Promise((resolve) => setTimeout(resolve, 900));
      }
    };
    const [mute, dripping] = await Promise.all([talk(service.port, []), talk(service.port, slow())]);
    expect([mute.length, dripping.length]).to.deep.equal([1, 1]); // the challenge
    expect(performance.now() - startedAt).to.be.within(1_900, 5_000);
    await until('the connections are removed', () => service.connections.size === 0);
  });

  it('keeps at most 64 connections that have not greeted, and closes the oldest', async () => {
    await using service = await openService();
    using gateway = connectTo(service.port);
    await until('the gateway is connected', () => isAnswering(gateway.client));
    const sockets = Array.from({ length: 80 }, () =>
      connect({ host: '127.0.0.1', port: service.port })
        .on('error', () => undefined)
        .resume(),
    );
    await until('the first 16 are closed', () => sockets.filter(({ destroyed }) => destroyed).length === 16, 1_500);
    expect(service.ungreeted.size).to.equal(64);
    expect(service.problems.map(({ kind }) => kind)).to.deep.equal(['flood']);
    expect((await readFrom(gateway.client, reading, 5_000))?.kind).to.equal('notYet');
    using another = connectTo(service.port);
    await until('a gateway can still connect', () => isAnswering(another.client), 1_000);
    for (const socket of sockets) socket.destroy();
  });
});

const reading = { entity: 'note', id: 'a', minVersion: 0, waitMs: 0 };

const repliedBy = (heard: ReturnType<typeof hearHello>): Buffer =>
  heard.kind !== 'waiting' && heard.reply ? heard.reply : expect.fail(`there is no reply to what is ${heard.kind}`);

const problemOf = (heard: ReturnType<typeof hearHello> | ReturnType<typeof hearWelcome>): string => {
  if (heard.kind !== 'refused') return heard.kind;
  return heard.problem ? `${heard.problem.kind}: ${heard.problem.message}` : 'none';
};

const wordsOf = (block: Buffer): Record<string, string> => JSON.parse(block.subarray(21).toString());

const openService = async (
  more: Partial<ServeOptions> = {},
): Promise<ReadService & { problems: WireProblem[]; counts: { asked: number } }> => {
  const problems: WireProblem[] = [];
  const counts = { asked: 0 };
  const service = await serveRequests({
    host: '127.0.0.1',
    port: 0,
    secret,
    identity: () => self,
    answers: {
      read: ({ id }) => {
        if (id !== '') counts.asked += 1; // a probe has no id
        return { kind: 'notYet' };
      },
      readState: () => {
        counts.asked += 1;
        return { kind: 'notYet' };
      },
      ask: async () => {
        counts.asked += 1;
        return { answer: { kind: 'notHere' }, text: '' };
      },
    },
    onProblem: (problem) => problems.push(problem),
    onError: (error) => expect.fail(String(error)),
    ...more,
  });
  return Object.assign(service, { problems, counts });
};

const connectTo = (
  port: number,
  more: Partial<AggregatorClientOptions> = {},
): Disposable & { client: AggregatorClient; problems: WireProblem[] } => {
  const problems: WireProblem[] = [];
  const client = openAggregatorClient({
    ...self,
    address: `127.0.0.1:${port}`,
    secret,
    onProblem: (problem) => problems.push(problem),
    ...more,
  });
  return { client, problems, [Symbol.dispose]: () => closeAggregatorClient(client) };
};

const openStranger = async (onConnection: (socket: Socket) => void) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    onConnection(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
};

/** Opens a service behind a relay that may alter each chunk of its answers. */
const openRelay = async (change: (bytes: Buffer, index: number) => Buffer) => {
  const service = await openService();
  const stranger = await openStranger((socket) => {
    const behind = connect({ host: '127.0.0.1', port: service.port }).on('error', () => undefined);
    let chunks = 0;
    behind.on('data', (chunk) => {
      socket.write(change(chunk, chunks));
      chunks += 1;
    });
    socket.pipe(behind);
    socket.once('close', () => behind.destroy());
    behind.once('close', () => socket.destroy());
  });
  const close = async () => {
    await stranger[Symbol.asyncDispose]();
    await service[Symbol.asyncDispose]();
  };
  return { port: stranger.port, [Symbol.asyncDispose]: close };
};

/**
 * Sends this to a service, after a greeting if a secret is given. Returns the received chunks when the connection is
 * closed.
 */
const talk = (port: number, said: Iterable<Buffer> | AsyncIterable<Buffer>, withSecret?: string): Promise<Buffer[]> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const greeting = openGreeting(self, two);
    const socket = connect({ host: '127.0.0.1', port });
    socket.setTimeout(5_000, () => {
      reject(new Error('The other end did not hang up within 5 s'));
      socket.destroy();
    });
    const say = async () => {
      for await (const bytes of said) {
        if (socket.destroyed) return;
        socket.write(bytes);
      }
    };
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (withSecret === undefined) return chunks.length === 1 && void say();
      const heard = hearWelcome(greeting, keyOf(withSecret), chunk);
      if (heard.kind === 'challenged') socket.write(heard.hello);
      else if (heard.kind === 'greeted') void say();
    });
    socket.once('close', () => resolve(chunks));
  });
