import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { State } from '@muster/model';
import { anyId, anyState, until } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  type AggregatorClient,
  type AggregatorClientOptions,
  askAggregator,
  closeAggregatorClient,
  isAnswering,
  openAggregatorClient,
  readStateFrom,
} from './aggregator-client.ts';
import type { Identity } from './greeting.ts';
import type { ReadReply, ReadRequest, StateReply } from './messages.ts';
import type { MinVersion } from './parsed-values.ts';
import type { Question } from './questions.ts';
import { type Answers, type ServeOptions, serveRequests } from './serve-requests.ts';
import { readFrom } from './test-reads.ts';

const host = '127.0.0.1';

describe('The wire between a gateway and an aggregator', () => {
  it('returns its own answer to each of many concurrent reads, in any order of answers', async () => {
    await using pair = await openPair({ read: async ({ id }) => pauseALittle(id).then(() => stateOf(id)) });
    const ids = Array.from({ length: 2_000 }, (_, n) => `id-${n}`);
    const replies = await Promise.all(ids.map((id) => readFrom(pair.client, reading(id), 5_000)));
    expect(replies.map((reply) => jsonOf(reply))).to.deep.equal(ids.map((id) => jsonOf(stateOf(id))));
    expect(pair.client.waiting).to.equal(0);
  });

  it('carries a read and its reply unchanged', async () => {
    const asked: ReadRequest[] = [];
    const next: ReadReply[] = [];
    await using pair = await openPair({
      read: (request) => {
        if (request.id === '') return { kind: 'notHere' }; // a probe
        asked.push(request);
        return next.shift() ?? { kind: 'notHere' };
      },
    });
    await fc.assert(
      fc.asyncProperty(anyRequest, anyReply, async (request, reply) => {
        next.push(reply);
        expect(await readFrom(pair.client, request, 5_000)).to.deep.equal(reply);
        expect(asked.pop()).to.deep.equal(request);
      }),
    );
  });

  it('carries a read of a state and its reply unchanged', async () => {
    const asked: ReadRequest[] = [];
    const next: StateReply[] = [];
    await using pair = await openPair({
      readState: (request) => {
        asked.push(request);
        return next.shift() ?? { kind: 'notHere' };
      },
    });
    await fc.assert(
      fc.asyncProperty(anyRequest, anyStateReply, async (request, reply) => {
        next.push(reply);
        expect(await readStateFrom(pair.client, request, 5_000)).to.deep.equal(reply);
        expect(asked.pop()).to.deep.equal(request);
      }),
    );
    expect(jsonOf(await readFrom(pair.client, reading('a'), 5_000))).to.equal(jsonOf(stateOf('a')));
  });

  it('carries all states of a page, and only the id of a state that it cannot encode', async () => {
    const states: [string, State | undefined][] = [];
    await using pair = await openPair({ ask: async () => ({ answer: { kind: 'dumped', states }, text: '' }) });
    const dump = async () => {
      const question: Question = { kind: 'dump', entity: 'note', partition: 0, after: '', limit: 10 };
      return (await askAggregator(pair.client, question, 5_000))?.answer;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyId, anyState), { maxLength: 4 }), async (page) => {
        states.splice(0, states.length, ...page);
        expect(await dump()).to.deep.equal({ kind: 'dumped', states: page });
      }),
    );
    states.splice(0, states.length, ['a', notCarried], ['b', { status: 'absent', version: 1 }]);
    expect(await dump()).to.deep.equal({
      kind: 'dumped',
      states: [
        ['a', undefined],
        ['b', { status: 'absent', version: 1 }],
      ],
    });
  });

  it('answers notHere for a state that it cannot encode, and stays open', async () => {
    await using pair = await openPair({
      readState: ({ id }) => {
        const reply = { kind: 'state' as const, state: notCarried, lagMs: 0, behind: false, parked: false };
        return id === 'later' ? Promise.resolve(reply) : reply;
      },
    });
    const socket = pair.client.socket;
    for (const id of ['at once', 'later'])
      expect(await readStateFrom(pair.client, reading(id), 5_000)).to.deep.equal({ kind: 'notHere' });
    expect(pair.client.socket).to.equal(socket);
  });

  it('carries a question, its answer and a text of any characters', async () => {
    await using pair = await openPair({
      ask: async (question) => ({
        answer: { kind: 'listed', items: 1, lagMs: 0, behind: false },
        text: `${JSON.stringify(question)} ä😀\0`,
      }),
    });
    const question: Question = {
      kind: 'list',
      entity: 'note',
      partition: 3,
      offset: 1_000_000,
      limit: 5,
      minVersions: [['note', 'ä', 2]],
      waitMs: 5,
    };
    expect(await askAggregator(pair.client, question, 5_000)).to.deep.equal({
      answer: { kind: 'listed', items: 1, lagMs: 0, behind: false },
      text: `${JSON.stringify(question)} ä😀\0`,
    });
  });

  it('carries answers larger than any buffer', async () => {
    const text = 'x'.repeat(20_000_000);
    await using pair = await openPair({ ask: async () => ({ answer: { kind: 'notHere' }, text }) });
    const answers = await Promise.all(
      [1, 2].map(() =>
        askAggregator(pair.client, { kind: 'count', partitions: [], minVersions: [], waitMs: 0 }, 20_000),
      ),
    );
    expect(answers.map((answer) => answer?.text.length)).to.deep.equal([text.length, text.length]);
  });

  it('treats a negative wait as 0', async () => {
    const waits: number[] = [];
    await using pair = await openPair({
      read: ({ waitMs }) => {
        waits.push(waitMs);
        return { kind: 'notYet' };
      },
    });
    expect(await readFrom(pair.client, { ...reading('a'), waitMs: -10 }, 5_000)).to.deep.equal({ kind: 'notYet' });
    expect(waits).to.deep.equal([0]);
  });
});

describe('A client whose requests get no answer', () => {
  it('ends a read at its deadline, and sends no more requests', async () => {
    await using pair = await openPair({ read: () => forever() });
    const startedAt = performance.now();
    expect(await readFrom(pair.client, reading('a'), 100)).to.equal(undefined);
    expect(performance.now() - startedAt).to.be.within(95, 1_500);
    expect(isAnswering(pair.client)).to.equal(false);
    expect(pair.client).to.deep.include({ suspect: true, waiting: 0 });
  });

  it('ends each read at its own deadline, in any order', async () => {
    await using pair = await openPair({ read: () => forever() });
    const startedAt = performance.now();
    const slow = readFrom(pair.client, reading('slow'), 1_500).then(() => performance.now() - startedAt);
    const quick = readFrom(pair.client, reading('quick'), 50).then(() => performance.now() - startedAt);
    expect(await quick).to.be.within(45, 1_000);
    expect(await slow).to.be.within(1_495, 4_000);
  });

  it('sends requests again after a probe was answered', async () => {
    const mute = { on: true };
    await using pair = await openPair({ read: ({ id }) => (mute.on ? forever() : stateOf(id)) });
    await readFrom(pair.client, reading('a'), 50);
    expect(isAnswering(pair.client)).to.equal(false);
    mute.on = false;
    await until('a probe is answered', () => isAnswering(pair.client), 2_000);
    expect(jsonOf(await readFrom(pair.client, reading('b'), 5_000))).to.equal(jsonOf(stateOf('b')));
  });

  it('discards a late answer, and gives it to no other request', async () => {
    const late: (() => void)[] = [];
    await using pair = await openPair({
      read: ({ id }) =>
        id === 'late' ? new Promise((resolve) => late.push(() => resolve(stateOf('late')))) : stateOf(id),
    });
    expect(await readFrom(pair.client, reading('late'), 50)).to.equal(undefined);
    const next = readFrom(pair.client, reading('next'), 5_000);
    for (const answer of late) answer();
    expect(jsonOf(await next)).to.equal(jsonOf(stateOf('next')));
    expect(jsonOf(await readFrom(pair.client, reading('last'), 5_000))).to.equal(jsonOf(stateOf('last')));
  });

  it('limits the requests in flight, and ends further ones at once without an answer', async () => {
    await using pair = await openPair({ read: () => forever() });
    const asked = Array.from({ length: 15_000 }, (_, n) => readFrom(pair.client, reading(String(n)), 3_000));
    expect(isAnswering(pair.client)).to.equal(false);
    const startedAt = performance.now();
    expect(await readFrom(pair.client, reading('more'), 3_000)).to.equal(undefined);
    expect(performance.now() - startedAt).to.be.below(1_000);
    closeAggregatorClient(pair.client);
    expect(new Set(await Promise.all(asked))).to.deep.equal(new Set([undefined]));
  });
});

describe('A connection to an aggregator', () => {
  it('reconnects when the aggregator is back', async () => {
    await using service = await serveRequests(serving());
    using connection = connectTo(service.port);
    await until('the client is connected', () => isAnswering(connection.client));
    const waiting = readFrom(connection.client, reading('a'), 5_000);
    await waiting;
    await service[Symbol.asyncDispose]();
    await until('the connection is closed', () => !isAnswering(connection.client));
    expect(await readFrom(connection.client, reading('a'), 5_000)).to.equal(undefined);
    await using _again = await serveRequests(serving({ port: service.port }));
    await until('the client is connected again', () => isAnswering(connection.client));
    expect(jsonOf(await readFrom(connection.client, reading('b'), 5_000))).to.equal(jsonOf(stateOf('b')));
  });

  it('ends its requests at once when it breaks, not at their deadlines', async () => {
    await using service = await serveRequests(serving({ answers: { ...answering, read: () => forever() } }));
    using connection = connectTo(service.port);
    await until('the client is connected', () => isAnswering(connection.client));
    const waiting = readFrom(connection.client, reading('a'), 60_000);
    await service[Symbol.asyncDispose]();
    expect(await waiting).to.equal(undefined);
  });

  it('is opened when the aggregator starts, however long that takes', async () => {
    const port = await freePort();
    using connection = connectTo(port);
    await until('the client was refused three times', () => connection.client.failures >= 3);
    await using _service = await serveRequests(serving({ port }));
    await until('the client is connected', () => isAnswering(connection.client));
  });

  it('uses no number twice, and reconnects when all are used', async () => {
    const late: (() => void)[] = [];
    await using pair = await openPair({
      read: ({ id }) =>
        id === 'late' ? new Promise((resolve) => late.push(() => resolve(stateOf('late')))) : stateOf(id),
    });
    const first = pair.client.socket;
    expect(await readFrom(pair.client, reading('late'), 50)).to.equal(undefined); // request number 1, or soon after it
    await until('a probe is answered', () => isAnswering(pair.client), 2_000);
    clearTimeout(pair.client.probing); // a probe would need a number, too, and so end the connection earlier
    pair.client.oldestRequest = 0xffff_ffff;
    pair.client.nextRequest = 0xffff_ffff;
    expect(jsonOf(await readFrom(pair.client, reading('last'), 5_000))).to.equal(jsonOf(stateOf('last')));
    expect(await readFrom(pair.client, reading('none'), 5_000)).to.equal(undefined);
    await until('the client is connected again', () => isAnswering(pair.client));
    expect(pair.client.socket).not.to.equal(first);
    const ids = ['a', 'bb', 'ccc'];
    const replies = ids.map((id) => readFrom(pair.client, reading(id), 5_000));
    for (const answer of late) answer();
    expect((await Promise.all(replies)).map(jsonOf)).to.deep.equal(ids.map((id) => jsonOf(stateOf(id))));
  });

  it('sends no question longer than an aggregator accepts', async () => {
    await using pair = await openPair();
    const minVersions = (length: number, id: string): MinVersion[] => Array.from({ length }, () => ['note', id, 1]);
    expect(
      await askAggregator(
        pair.client,
        { kind: 'count', partitions: [], minVersions: minVersions(100_001, 'a'), waitMs: 0 },
        5_000,
      ),
    ).to.equal(undefined);
    expect(
      await askAggregator(
        pair.client,
        { kind: 'count', partitions: [], minVersions: minVersions(100_000, 'a'.repeat(64)), waitMs: 0 },
        5_000,
      ),
    ).to.equal(undefined);
    expect(
      await askAggregator(
        pair.client,
        { kind: 'count', partitions: [], minVersions: minVersions(100_000, 'a'), waitMs: 0 },
        5_000,
      ),
    ).not.to.equal(undefined);
  });

  it('leaves nothing open when closed while connected, while connecting, or between two attempts', async () => {
    await new Promise(setImmediate); // from here on, mocha's own timer runs
    const [before, timers] = [openHandles(), openHandles('Timeout').length];
    await using service = await serveRequests(serving());
    const standing = openAggregatorClient(calling(service.port));
    await until('the client is connected', () => isAnswering(standing));
    closeAggregatorClient(standing);
    closeAggregatorClient(openAggregatorClient(calling(service.port)));
    const port = await freePort();
    const refused = openAggregatorClient(calling(port));
    await until('the client waits for its next attempt', () => refused.failures > 0);
    closeAggregatorClient(refused);
    expect(openHandles('Timeout').length).to.equal(timers);
    await until(
      'the service has nobody connected and all handles are gone',
      async () => openHandles().length <= before.length + 1,
      1_000,
    ); // the connection itself stays open
    await service[Symbol.asyncDispose]();
    await until('the service is closed', () => openHandles().length <= before.length, 1_000);
  });

  it('gives no answers after it is closed', async () => {
    await using pair = await openPair({ read: () => forever() });
    const waiting = readFrom(pair.client, reading('a'), 60_000);
    closeAggregatorClient(pair.client);
    expect(await waiting).to.equal(undefined);
    expect(await readFrom(pair.client, reading('a'), 60_000)).to.equal(undefined);
    expect(isAnswering(pair.client)).to.equal(false);
  });
});

describe('A read service', () => {
  it('reports an answer that fails, and serves the next request', async () => {
    const errors: unknown[] = [];
    const failing: Partial<Answers> = {
      read: ({ id }) => (id === 'bad' ? Promise.reject(new Error('no')) : stateOf(id)),
      ask: async () => Promise.reject(new Error('neither')),
    };
    await using pair = await openPair(failing, { onError: (error) => errors.push(error) });
    expect(await readFrom(pair.client, reading('bad'), 50)).to.equal(undefined);
    expect(
      await askAggregator(pair.client, { kind: 'count', partitions: [], minVersions: [], waitMs: 0 }, 50),
    ).to.equal(undefined);
    expect(errors.map(String)).to.deep.equal(['Error: no', 'Error: neither']);
    expect(jsonOf(await readFrom(pair.client, reading('a'), 5_000))).to.equal(jsonOf(stateOf('a')));
  });

  it('does not start on a port that is in use', async () => {
    await using pair = await openPair();
    const failure = await serveRequests(serving({ port: pair.port })).catch(
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(failure).to.equal('EADDRINUSE');
  });
});

const reading = (id: string): ReadRequest => ({ entity: 'note', id, minVersion: 0, waitMs: 0 });

const stateOf = (id: string): ReadReply => ({
  kind: 'state',
  status: 'active',
  version: id.length,
  json: JSON.stringify({ id, text: 'ä😀' }),
  createdAt: 1,
  changedAt: 2,
  lagMs: 0.5,
  behind: false,
  parked: false,
});

const jsonOf = (reply: ReadReply | undefined) => (reply?.kind === 'state' ? reply.json : reply?.kind);

const answering: Answers = {
  read: ({ id }) => stateOf(id),
  readState: () => ({ kind: 'notHere' }),
  ask: async () => ({ answer: { kind: 'notHere' }, text: '' }),
};

const unexpected = (error: unknown) => expect.fail(error instanceof Error ? error.message : JSON.stringify(error));

const self: Identity = { name: 'aggregator-0', incarnation: 'a1', database: 'muster' };
const secret = 'the secret of the tests';

const serving = (more: Partial<ServeOptions> = {}): ServeOptions => ({
  host,
  port: 0,
  secret,
  identity: () => self,
  answers: answering,
  onProblem: unexpected,
  onError: unexpected,
  ...more,
});

const calling = (port: number, more: Partial<AggregatorClientOptions> = {}): AggregatorClientOptions => ({
  ...self,
  address: `${host}:${port}`,
  secret,
  onProblem: unexpected,
  ...more,
});

const forever = () => new Promise<never>(() => undefined);

// Some requests are answered in the next turn, others later: never in the order of the questions.
const pauseALittle = (id: string) =>
  new Promise<void>((resolve) =>
    id.length % 2 === 0 ? setImmediate(resolve) : setTimeout(resolve, id.charCodeAt(3) % 7),
  );

const anyRequest: fc.Arbitrary<ReadRequest> = fc.record({
  entity: fc.constantFrom('note', 'user', 'a'.repeat(32)),
  id: anyId,
  minVersion: fc.integer({ min: 0, max: 0xffff_ffff }),
  waitMs: fc.integer({ min: 0, max: 65_535 }),
});

const anyTime = fc.double({ noNaN: true, min: -8.64e15, max: 8.64e15 });

const anyReply: fc.Arbitrary<ReadReply> = fc.oneof(
  fc.constant<ReadReply>({ kind: 'notHere' }),
  fc.constant<ReadReply>({ kind: 'notYet' }),
  fc.record({
    kind: fc.constant('state' as const),
    status: fc.constantFrom('absent' as const, 'active' as const, 'deleted' as const),
    version: fc.integer({ min: 0, max: 0xffff_ffff }),
    json: fc.string({ unit: 'grapheme', maxLength: 50 }),
    createdAt: anyTime,
    changedAt: anyTime,
    lagMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
    behind: fc.boolean(),
    parked: fc.boolean(),
  }),
);

const anyStateReply: fc.Arbitrary<StateReply> = fc.oneof(
  fc.constant<StateReply>({ kind: 'notHere' }),
  fc.constant<StateReply>({ kind: 'notYet' }),
  fc.record({
    kind: fc.constant('state' as const),
    state: anyState,
    lagMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
    behind: fc.boolean(),
    parked: fc.boolean(),
  }),
);

// one class of the database's driver stands for all values that cannot be encoded
const notCarried: State = {
  ...{ status: 'active', version: 1, fields: { price: new (class Decimal128 {})() } },
  ...{ createdAt: new Date(1), updatedAt: new Date(2) },
};

const connectTo = (
  port: number,
  more: Partial<AggregatorClientOptions> = {},
): Disposable & { client: AggregatorClient } => {
  const client = openAggregatorClient(calling(port, more));
  return { client, [Symbol.dispose]: () => closeAggregatorClient(client) };
};

/** Opens a service and a connected client. */
const openPair = async (answers: Partial<Answers> = {}, more: Partial<ServeOptions> = {}) => {
  const service = await serveRequests(serving({ answers: { ...answering, ...answers }, ...more }));
  const { client } = connectTo(service.port);
  await until('the client is connected', () => isAnswering(client));
  const close = async () => {
    closeAggregatorClient(client);
    await service[Symbol.asyncDispose]();
  };
  return { client, port: service.port, [Symbol.asyncDispose]: close };
};

const openStranger = async (onConnection: (socket: Socket) => void) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    onConnection(socket);
  });
  await once(server.listen(0, host), 'listening');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
};

const freePort = async () => {
  await using stranger = await openStranger(() => undefined);
  return stranger.port;
};

const openHandles = (kind = 'TCP') => process.getActiveResourcesInfo().filter((name) => name.startsWith(kind));
