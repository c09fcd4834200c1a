import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Measure, State } from '@muster/model';
import { until } from '@muster/testing';
import { expect } from 'chai';
import { closeAggregatorClient, isAnswering, openAggregatorClient } from './aggregator-client.ts';
import type { WireProblem } from './complaints.ts';
import { blockOf, type Frame, openInbox, openSender, readFrames } from './frames.ts';
import {
  challengeOf,
  greetingKinds,
  type HeardHello,
  type HeardWelcome,
  hearHello,
  hearWelcome,
  type Identity,
  keyOf,
  openGreeting,
  openGreetingInbox,
} from './greeting.ts';
import {
  kinds,
  parseReadReply,
  parseReadRequest,
  parseStateReply,
  type ReadReply,
  type StateReply,
  writeReadReply,
  writeReadRequest,
  writeStateReply,
} from './messages.ts';
import { type Answer, parseAnswer, parseQuestion, type Question, writeAnswer, writeQuestion } from './questions.ts';
import { serveRequests } from './serve-requests.ts';
import { readFrom } from './test-reads.ts';

// A failure prints its seed and its case. FUZZ_SEED=… repeats the same cases. FUZZ_CASES=… sets their number.
const seed = Number(process.env.FUZZ_SEED || randomInt(2 ** 31));
const cases = Number(process.env.FUZZ_CASES || 250_000); // a million in `npm run test:more`
const conversations = Math.round(cases / 10); // these take the most time

describe('The wire with random and altered bytes', function () {
  this.timeout(110_000); // a million cases take about 20 s on a small machine

  before(() => console.log(`    FUZZ_SEED=${seed}`));

  it('accepts no damaged frame, and keeps no more bytes than its limit', () => {
    const tally = play(Math.round(0.45 * cases), (random) => {
      const inbox = openInbox(capBytes);
      const bytes = alter(random, Buffer.concat(listOf(random, 1, 4, () => pick(random, corpus).block)));
      for (const chunk of cut(random, bytes)) {
        const frames = readFrames(inbox, chunk);
        if (!frames) return 'refused';
        for (const frame of frames) if (!known.has(textOf(frame))) return wrong('a frame was read that was never sent');
        if (inbox.bytes > capBytes + 12 || inbox.held.length > 2 * (capBytes + bytes.length))
          return wrong(`the inbox holds ${inbox.held.length} bytes`);
      }
      return inbox.bytes > 0 ? 'waiting' : 'read';
    });
    expect(tally).to.have.all.keys('refused', 'waiting', 'read');
  });

  it('parses a frame with any content as a valid message or refuses it', () => {
    const tally = play(Math.round(0.45 * cases), (random) => {
      const { frame } = pick(random, corpus);
      const kind = random() < 0.9 ? frame.kind : pick(random, Object.values(kinds));
      const frames = readFrames(
        openInbox(capBytes * 4),
        reseal(random, { ...frame, kind, payload: alterPayload(random, frame) }),
      );
      if (!frames) return 'refused'; // its frames do not fill the block
      for (const one of frames) {
        const message = parse(one);
        if (message !== undefined && !message.isValid)
          return wrong(
            `${JSON.stringify(one.payload.toString('latin1'))} was parsed as ${JSON.stringify(message.value)}`,
          );
        if (message === undefined) return 'no message';
      }
      return 'message';
    });
    expect(tally).to.have.all.keys('refused', 'no message', 'message');
  });

  it('completes a greeting only when each end received what the other sent', () => {
    const recorded: Buffer[] = corpus.map(({ block }) => block);
    const tally = play(conversations, (random) => {
      const between = (said: Buffer): Buffer => {
        if (recorded.length < 2_000) recorded.push(said);
        return random() < 0.4 ? meddle(random, said, recorded) : said;
      };
      return converse(random, between);
    });
    expect(tally).to.have.all.keys('neither', 'aggregator only', 'both');
  });

  it('closes broken connections, and meanwhile answers the others correctly', async () => {
    const problems: WireProblem[] = [];
    await using service = await serveRequests({
      host,
      port: 0,
      secret,
      identity: () => self,
      answers: {
        read: ({ id }) => stateOf(id),
        readState: () => wholeState,
        ask: async () => ({ answer: { kind: 'notHere' }, text: '' }),
      },
      onProblem: (problem) => problems.push(problem),
      onError: (error) => expect.fail(String(error)),
    });
    const client = openAggregatorClient({
      ...self,
      address: `${host}:${service.port}`,
      secret,
      onProblem: ({ message }) => expect.fail(message),
    });
    await until('the client is connected', () => isAnswering(client));
    const socket = client.socket;
    for (let group = 0; group < 60; group += 1) {
      const attacks = Array.from({ length: 50 }, (_, n) =>
        attack(randomOf(seed, 2_000_000 + 50 * group + n), service.port),
      );
      const replies = await Promise.all(
        ['a', 'bb', 'ccc'].map((id) => readFrom(client, { entity: 'note', id, minVersion: 0, waitMs: 0 }, 10_000)),
      );
      expect(replies).to.deep.equal(['a', 'bb', 'ccc'].map(stateOf));
      await Promise.all(attacks);
    }
    await until('all other connections are closed', () => service.connections.size === 1);
    expect(client.socket).to.equal(socket); // other connections' invalid data did not close this one
    expect(problems.length).to.be.below(100); // of 3,000
    closeAggregatorClient(client);
  });

  it('accepts no wrong answer from a broken aggregator', async () => {
    await using broken = await openBrokenAggregator(randomOf(seed, 3_000_000));
    const replicas = Array.from({ length: 20 }, () =>
      openAggregatorClient({ ...self, address: `${host}:${broken.port}`, secret, onProblem: () => undefined }),
    );
    const counts = { right: 0, none: 0 };
    const ask = async (client: (typeof replicas)[number], n: number) => {
      await until('the client is connected', () => client.outbox !== undefined);
      const ids = [`id-${n}`, `other-${n}`];
      const replies = await Promise.all(
        ids.map((id) => readFrom(client, { entity: 'note', id, minVersion: 0, waitMs: 0 }, 30)),
      );
      for (const [index, reply] of replies.entries()) {
        if (reply) expect(reply).to.deep.equal(stateOf(ids[index] ?? ''));
        counts[reply ? 'right' : 'none'] += 1;
      }
    };
    const askOften = async (client: (typeof replicas)[number]) => {
      for (let n = 0; n < 50; n += 1) await ask(client, n);
    };
    await Promise.all(replicas.map(askOften));
    for (const client of replicas) closeAggregatorClient(client);
    expect(counts.right).to.be.above(100);
    expect(counts.none).to.be.above(100);
  });
});

type Random = () => number;

const host = '127.0.0.1';
const secret = 'the secret of the tests';
const key = keyOf(secret);
const otherKey = keyOf('another secret of others');
const self: Identity = { name: 'aggregator-0', incarnation: 'a1', database: 'muster' };
const capBytes = 4_000;

/** A small random generator (mulberry32): a seed and a case number repeat a case. */
const randomOf = (start: number, number: number): Random => {
  let state = (Math.imul(start, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const below = (random: Random, limit: number) => Math.floor(random() * limit);
const pick = <T>(random: Random, from: readonly T[]): T => from[below(random, from.length)] as T;
const listOf = <T>(random: Random, least: number, most: number, make: () => T): T[] =>
  Array.from({ length: least + below(random, most - least + 1) }, make);
const wrong = (what: string): never => {
  throw new Error(what);
};

/** Runs `count` cases and counts their outcomes. */
const play = (count: number, body: (random: Random) => string): Record<string, number> => {
  const tally: Record<string, number> = {};
  for (let number = 0; number < count; number += 1) {
    try {
      const outcome = body(randomOf(seed, number));
      tally[outcome] = (tally[outcome] ?? 0) + 1;
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed}, case ${number}: ${error}`, { cause: error });
    }
  }
  return tally;
};

const stateOf = (id: string): ReadReply => ({
  kind: 'state',
  status: 'active',
  version: id.length,
  json: `{"id":"${id}"}`,
  createdAt: 1,
  changedAt: 2,
  lagMs: 0.5,
  behind: false,
  parked: false,
});

/** Returns a frame as the writers make it, without a socket. */
const frameFrom = (write: (outbox: Parameters<typeof writeAnswer>[0]) => void): Frame => {
  const outbox = {
    socket: { destroyed: true } as Socket,
    buffer: Buffer.alloc(4_096),
    used: 12,
    scheduled: true,
    frameBytesMax: 4_096,
    sender: openSender(),
  };
  write(outbox);
  const payload = Buffer.from(outbox.buffer.subarray(12 + 9, outbox.used));
  return { kind: outbox.buffer.readUInt8(16), request: outbox.buffer.readUInt32BE(17), payload };
};

const questions: Question[] = [
  { kind: 'count', partitions: [], minVersions: [], waitMs: 80 },
  {
    kind: 'count',
    partitions: [0, 31],
    minVersions: [
      ['note', 'a', 1],
      ['note', 'ä', 2_000],
    ],
    waitMs: 0,
  },
  {
    kind: 'list',
    entity: 'note',
    partition: 31,
    offset: 1_000_000,
    limit: 100,
    minVersions: [['note', 'b', 3]],
    waitMs: 5,
  },
  { kind: 'dump', entity: 'note', partition: 0, after: 'a', limit: 10_000 },
  {
    kind: 'query',
    entity: 'note',
    partitions: [0, 31],
    filters: [
      { field: 'stars', operator: 'in', keys: [1, 2, -0.5] },
      { field: 'updatedAt', operator: 'gte', keys: [new Date(5)] },
      { field: 'text', operator: 'exists', keys: [true] },
    ],
    sort: [
      { field: 'text', descending: true },
      { field: 'id', descending: false },
    ],
    after: [null, 'ä😀'],
    limit: 100,
    shown: 'things',
    fields: ['text'],
    total: true,
    minVersions: [['note', 'b', 3]],
    waitMs: 5,
  },
  {
    ...{
      kind: 'view',
      entity: 'note',
      by: 'stars',
      measures: ['size'],
      partitions: [0, 31],
      descending: true,
      after: new Date(7),
    },
    filters: [{ field: 'stars', operator: 'gte', keys: [-0.5] }],
    ...{ limit: 100, minVersions: [['note', 'b', 3]], waitMs: 5 },
  },
];

const activeState: State = {
  status: 'active',
  version: 2,
  fields: { text: 'ä😀', at: new Date(1), size: Number.NaN, odd: { $date: 1 }, list: [-0, null] },
  createdAt: new Date(1),
  updatedAt: new Date(2),
};

const wholeState: StateReply = { kind: 'state', state: activeState, lagMs: 0.5, behind: true, parked: false };

const answers: Answer[] = [
  { kind: 'counted', active: { 0: { note: 1 }, 31: { note: 1_000_000 } }, lagMs: 1.5, behind: false },
  { kind: 'listed', items: 2, lagMs: 0, behind: true },
  {
    kind: 'dumped',
    states: [
      ['a', { status: 'deleted', version: 3, createdAt: new Date(1), deletedAt: new Date(2) }],
      ['b', activeState],
      ['c', undefined],
    ],
  },
  {
    kind: 'queried',
    partitions: [0, 31],
    keys: [
      [null, 'a'],
      [new Date(7), 'ä😀'],
    ],
    sizes: [10, 0],
    more: true,
    total: 12,
    stale: ['c'],
    lagMs: 0.5,
    behind: false,
  },
  {
    kind: 'viewed',
    partitions: [0, 31],
    groups: [
      {
        ...{ key: null, count: 2 },
        measures: [{ count: 1, sum: { whole: 3, fraction: -5n, exponent: -3 }, least: 0.5, greatest: 1e300 }],
      },
      {
        ...{ key: 'ä😀', count: 1 },
        measures: [{ count: 0, sum: { whole: 0, fraction: 0n, exponent: 0 }, least: undefined, greatest: undefined }],
      },
    ],
    ...{ more: true, lagMs: 0.5, behind: false },
  },
  { kind: 'notHere' },
  { kind: 'notYet' },
];

const corpus = [
  frameFrom((outbox) =>
    writeReadRequest(outbox, kinds.read, 1, { entity: 'note', id: 'a', minVersion: 7, waitMs: 80 }),
  ),
  frameFrom((outbox) =>
    writeReadRequest(outbox, kinds.readState, 1, { entity: 'note', id: 'a', minVersion: 7, waitMs: 80 }),
  ),
  frameFrom((outbox) =>
    writeReadRequest(outbox, kinds.read, 0xffff_ffff, { entity: 'user', id: 'x'.repeat(64), minVersion: 0, waitMs: 0 }),
  ),
  frameFrom((outbox) => writeReadReply(outbox, 1, stateOf('ä😀'))),
  frameFrom((outbox) => writeReadReply(outbox, 2, { kind: 'notHere' })),
  frameFrom((outbox) => writeStateReply(outbox, 3, wholeState)),
  frameFrom((outbox) => writeStateReply(outbox, 4, { kind: 'notYet' })),
  ...questions.map((question, n) => frameFrom((outbox) => writeQuestion(outbox, n, question))),
  ...answers.map((answer, n) =>
    frameFrom((outbox) => writeAnswer(outbox, n, answer, n === 1 ? '{"id":"a"},{"id":"ä"}' : '')),
  ),
].map((frame) => ({ frame, block: blockOf(frame.kind, frame.request, frame.payload) }));

const textOf = ({ kind, request, payload }: Frame) => `${kind} ${request} ${payload.toString('latin1')}`;
const known = new Set(corpus.map(({ frame }) => textOf(frame)));

const oddBytes = [0, 1, 0x20, 0x22, 0x2c, 0x7f, 0x80, 0xff];
const oddNumbers = [0, 1, 4, 5, 9, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/** Returns the bytes with one to four alterations, or sometimes with none. */
const alter = (random: Random, given: Buffer): Buffer => {
  if (random() < 0.05) return given;
  let bytes: Buffer = Buffer.from(given);
  for (let times = 1 + below(random, 4); times > 0; times -= 1) bytes = alterOnce(random, bytes);
  return bytes;
};

const alterOnce = (random: Random, bytes: Buffer): Buffer => {
  const at = below(random, bytes.length + 1);
  const end = Math.min(bytes.length, at + below(random, 20));
  switch (below(random, 9)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), randomBytesOf(random, below(random, 30)), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([bytes.subarray(0, at), pick(random, corpus).block.subarray(below(random, 30))]);
    case 5:
      if (at + 4 <= bytes.length) bytes.writeUInt32BE(pick(random, oddNumbers), at);
      return bytes;
    case 6:
      if (at < bytes.length) bytes[at] = pick(random, oddBytes);
      return bytes;
    case 7:
      randomBytesOf(random, end - at).copy(bytes, at);
      return bytes;
    default:
      if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8));
      return bytes;
  }
};

const randomBytesOf = (random: Random, length: number) => Buffer.from(Array.from({ length }, () => below(random, 256)));

const cut = (random: Random, bytes: Buffer): Buffer[] => {
  const chunks: Buffer[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    const length = random() < 0.5 ? bytes.length : 1 + below(random, 60);
    chunks.push(bytes.subarray(offset, offset + length));
    offset += length;
  }
  return chunks;
};

const oddValues = [
  { $number: '7' },
  { $date: '1' },
  { $plain: 1 },
  null,
  -1,
  0.5,
  1e300,
  2 ** 53,
  true,
  '',
  'x'.repeat(300),
  [],
  {},
  [[]],
  ['a', 'b', 'c'],
  '__proto__',
  'count',
  'dump',
];

/** Returns a JSON value with one part replaced, removed or repeated. */
const alterValue = (random: Random, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || random() < 0.1) return pick(random, oddValues);
  const copy: unknown[] | Record<string, unknown> = Array.isArray(value) ? [...value] : { ...value };
  const names = Object.keys(copy);
  if (names.length === 0) return pick(random, oddValues);
  const name = pick(random, names);
  const field = (copy as Record<string, unknown>)[name];
  if (Array.isArray(copy) && random() < 0.3)
    return [...copy, ...Array.from({ length: below(random, 20) }, () => field)];
  if (!Array.isArray(copy) && random() < 0.2)
    return Object.fromEntries(Object.entries(copy).filter(([other]) => other !== name));
  (copy as Record<string, unknown>)[name] = alterValue(random, field);
  return copy;
};

/** Returns the payload with altered bytes, or with altered values. */
const alterPayload = (random: Random, { kind, payload }: Frame): Buffer => {
  if (random() < 0.5 || isBinary(kind)) return alter(random, payload);
  if (kind === kinds.ask) return Buffer.from(JSON.stringify(alterValue(random, JSON.parse(payload.toString()))));
  if (kind === kinds.stateReply) return alterState(random, payload);
  const headEnd = 4 + payload.readUInt32BE(0);
  const head = Buffer.from(JSON.stringify(alterValue(random, JSON.parse(payload.toString('utf8', 4, headEnd)))));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(head.length);
  return Buffer.concat([length, head, payload.subarray(headEnd)]);
};

const isBinary = (kind: number) => kind === kinds.read || kind === kinds.readState || kind === kinds.readReply;

const alterState = (random: Random, payload: Buffer): Buffer => {
  if (payload.length < 10) return alter(random, payload);
  const state = alterValue(random, JSON.parse(payload.toString('utf8', 10)));
  return Buffer.concat([payload.subarray(0, 10), Buffer.from(JSON.stringify(state))]);
};

/** Returns a block with a valid head, even if its frames are invalid. */
const reseal = (random: Random, { kind, request, payload }: Frame): Buffer => {
  const block = blockOf(kind, request, payload);
  if (random() < 0.8) return block;
  // keep the altered frame's own head: it need not match its payload
  const body = alter(random, block.subarray(12));
  return body.length < 9 ? block : sealed(body);
};

const sealed = (body: Buffer): Buffer => {
  const block = blockOf(body.readUInt8(4), body.readUInt32BE(5), body.subarray(9));
  if (body.readUInt32BE(0) === body.length - 4) return block;
  body.copy(block, 12);
  block.writeUInt32BE(crc32Of(body), 8);
  return block;
};

const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0);
  return crc;
});

const crc32Of = (bytes: Buffer): number => {
  let crc = -1;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 255] ?? 0);
  return ~crc >>> 0;
};

/**
 * Parses a frame, and checks the value against its type. Returns undefined when the parser refuses it with an expected
 * error.
 */
const parse = (frame: Frame): { value: unknown; isValid: boolean } | undefined => {
  try {
    switch (frame.kind) {
      case kinds.read:
      case kinds.readState:
        return judged(
          parseReadRequest(frame),
          ({ entity, id, minVersion, waitMs }) =>
            isText(entity) && isText(id) && isCount(minVersion) && isCount(waitMs),
        );
      case kinds.ask:
        return judged(parseQuestion(frame), isQuestion);
      case kinds.readReply:
        return judged(parseReadReply(frame), isReplyOfBytes);
      case kinds.stateReply:
        return judged(parseStateReply(frame), isStateReply);
      case kinds.answer:
        return judged(parseAnswer(frame), ({ answer, text }) => isText(text) && isAnswer(answer));
      default:
        return undefined;
    }
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const judged = <T>(value: T, judge: (value: T) => boolean) => ({ value, isValid: judge(value) });

const isText = (value: unknown) => typeof value === 'string';
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isOnly = (value: object, ...names: string[]) => Object.keys(value).every((name) => names.includes(name));

const isQuestion = (question: Question): boolean => {
  const isMinVersion = (minVersion: unknown[]) =>
    minVersion.length === 3 && isText(minVersion[0]) && isText(minVersion[1]) && isCount(minVersion[2]);
  const isWaiting = ({ minVersions, waitMs }: { minVersions: unknown[][]; waitMs: number }) =>
    minVersions.every(isMinVersion) && waitMs >= 0 && waitMs <= 65_535;
  switch (question.kind) {
    case 'count':
      return (
        isWaiting(question) &&
        question.partitions.every(isCount) &&
        isOnly(question, 'kind', 'partitions', 'minVersions', 'waitMs')
      );
    case 'list':
      return (
        isWaiting(question) &&
        isText(question.entity) &&
        isCount(question.partition) &&
        isCount(question.offset) &&
        question.limit <= 100_000
      );
    case 'dump':
      return (
        isText(question.entity) &&
        isText(question.after) &&
        isCount(question.partition) &&
        isCount(question.limit) &&
        question.limit <= 100_000
      );
    case 'query':
      return (
        isWaiting(question) &&
        isText(question.entity) &&
        question.partitions.every(isCount) &&
        question.filters.every(({ field, keys }) => isText(field) && keys.every(isKey)) &&
        question.sort.every(({ field, descending }) => isText(field) && typeof descending === 'boolean') &&
        (question.after ?? []).every(isKey) &&
        (question.fields ?? []).every(isText) &&
        typeof question.total === 'boolean' &&
        question.limit <= 100_000
      );
    case 'view':
      return (
        isWaiting(question) &&
        isText(question.entity) &&
        isText(question.by) &&
        question.measures.every(isText) &&
        question.partitions.every(isCount) &&
        question.filters.every(({ field, keys }) => isText(field) && keys.every(isKey)) &&
        typeof question.descending === 'boolean' &&
        (question.after === undefined || isKey(question.after)) &&
        question.limit <= 100_000
      );
  }
};

const isKey = (key: unknown): boolean =>
  key === null ||
  ['string', 'boolean'].includes(typeof key) ||
  Number.isFinite(key) ||
  (key instanceof Date && !Number.isNaN(key.getTime()));

const isReplyOfBytes = (reply: ReadReply<Buffer>): boolean => {
  if (reply.kind !== 'state') return reply.kind === 'notHere' || reply.kind === 'notYet';
  const isDate = (ms: number) => !Number.isNaN(new Date(ms).getTime());
  return (
    ['absent', 'active', 'deleted'].includes(reply.status) &&
    isCount(reply.version) &&
    isDate(reply.createdAt) &&
    isDate(reply.changedAt)
  );
};

const isStateReply = (reply: StateReply): boolean =>
  reply.kind === 'state'
    ? isState(reply.state) && Number.isFinite(reply.lagMs)
    : reply.kind === 'notHere' || reply.kind === 'notYet';

const isState = (state: State): boolean => {
  const isDate = (date: Date) => date instanceof Date && !Number.isNaN(date.getTime());
  if (!isCount(state.version)) return false;
  switch (state.status) {
    case 'absent':
      return isOnly(state, 'status', 'version');
    case 'active':
      return (
        isDate(state.createdAt) && isDate(state.updatedAt) && typeof state.fields === 'object' && state.fields !== null
      );
    case 'deleted':
      return isDate(state.createdAt) && isDate(state.deletedAt);
  }
};

const isAnswer = (answer: Answer): boolean => {
  switch (answer.kind) {
    case 'counted':
      return (
        Object.values(answer.active).every((counts) => Object.values(counts).every(isCount)) &&
        Number.isFinite(answer.lagMs)
      );
    case 'listed':
      return isCount(answer.items) && Number.isFinite(answer.lagMs) && typeof answer.behind === 'boolean';
    case 'dumped':
      return answer.states.every(([id, state]) => isText(id) && (state === undefined || isState(state)));
    case 'queried':
      return (
        answer.partitions.every(isCount) &&
        answer.keys.every((keys) => keys.every(isKey)) &&
        answer.sizes.length === answer.keys.length &&
        answer.sizes.every(isCount) &&
        isCount(answer.total) &&
        Number.isFinite(answer.lagMs)
      );
    case 'viewed':
      return (
        answer.partitions.every(isCount) &&
        answer.groups.every(({ key, count, measures }) => isKey(key) && isCount(count) && measures.every(isMeasure)) &&
        typeof answer.more === 'boolean' &&
        Number.isFinite(answer.lagMs)
      );
    case 'notHere':
    case 'notYet':
      return isOnly(answer, 'kind');
  }
};

const isMeasure = ({ count, sum, least, greatest }: Measure): boolean =>
  isCount(count) &&
  Number.isSafeInteger(sum.whole) &&
  typeof sum.fraction === 'bigint' &&
  sum.exponent <= 0 &&
  [least, greatest].every((value) => value === undefined || Number.isFinite(value));

/** Returns what an attacker on the connection sends instead: an altered message, or any earlier one. */
const meddle = (random: Random, said: Buffer, recorded: readonly Buffer[]): Buffer => {
  const choice = random();
  if (choice < 0.3) return alter(random, said);
  if (choice < 0.4) return pick(random, recorded);
  const kind = random() < 0.9 ? said.readUInt8(16) : pick(random, Object.values(greetingKinds));
  const payload = said.subarray(21);
  if (choice < 0.6 || payload.length === 0) return blockOf(kind, 0, alter(random, payload));
  return blockOf(kind, 0, Buffer.from(JSON.stringify(alterWords(random, JSON.parse(payload.toString())))));
};

const alterWords = (random: Random, words: Record<string, string>): unknown => {
  if (random() < 0.3) return alterValue(random, words);
  const name = pick(random, Object.keys(words));
  const word = words[name] ?? '';
  return {
    ...words,
    [name]: pick(random, [
      word,
      digits(random),
      'muster',
      'aggregator-0',
      'a1',
      `${word} `,
      word.toUpperCase(),
      word.slice(1),
    ]),
  };
};

const digits = (random: Random) => Array.from({ length: 64 }, () => below(random, 16).toString(16)).join('');

/**
 * Runs a greeting through an attacker. An end may only succeed if it received what the other sent and both know the
 * secret.
 */
const converse = (random: Random, between: (said: Buffer) => Buffer): string => {
  const [nonce, greeting] = [digits(random), openGreeting(self, digits(random))];
  const [aggregatorKey, gatewayKey] = random() < 0.1 ? [key, otherKey] : [key, key];
  const saidChallenge = challengeOf(nonce);
  const heardChallenge = between(saidChallenge);
  const challenged = hearAll<HeardWelcome>(random, heardChallenge, (chunk) => hearWelcome(greeting, gatewayKey, chunk));
  if (challenged.kind === 'greeted') return wrong('the gateway greeted before the welcome');
  const saidHello =
    challenged.kind === 'challenged' ? challenged.hello : blockOf(greetingKinds.hello, 0, Buffer.alloc(0));
  const heardHello = between(saidHello);
  const inbox = openGreetingInbox();
  const answered = hearAll<HeardHello>(random, heardHello, (chunk) =>
    hearHello(inbox, nonce, aggregatorKey, self, chunk),
  );
  const isHeard =
    isSame(saidChallenge, heardChallenge) && isSame(saidHello, heardHello) && aggregatorKey === gatewayKey;
  if (answered.kind === 'greeted' && !isHeard)
    return wrong(`the aggregator greeted on ${JSON.stringify(heardHello.toString('latin1'))}`);
  const saidWelcome = answered.kind === 'waiting' ? undefined : answered.reply;
  if (!saidWelcome || challenged.kind !== 'challenged')
    return answered.kind === 'greeted' ? 'aggregator only' : 'neither';
  const heardWelcome = between(saidWelcome);
  const welcomed = hearAll<HeardWelcome>(random, heardWelcome, (chunk) => hearWelcome(greeting, gatewayKey, chunk));
  if (welcomed.kind !== 'greeted') return answered.kind === 'greeted' ? 'aggregator only' : 'neither';
  if (!isHeard || !isSame(saidWelcome, heardWelcome) || answered.kind !== 'greeted')
    return wrong(`the gateway greeted on ${JSON.stringify(heardWelcome.toString('latin1'))}`);
  return 'both';
};

/** Returns the last result of the chunks. */
const hearAll = <Heard extends { kind: string }>(
  random: Random,
  bytes: Buffer,
  hear: (chunk: Buffer) => Heard,
): Heard | { kind: 'waiting' } => {
  for (const chunk of cut(random, bytes)) {
    const heard = hear(chunk);
    if (heard.kind !== 'waiting') return heard;
  }
  return { kind: 'waiting' };
};

// Whether the first blocks have equal values, in any JSON form. Data after the first block are read later or never.
const isSame = (one: Buffer, other: Buffer): boolean => {
  if (one.equals(other)) return true;
  const [first, second] = [one, other].map(
    (bytes) => bytes.length > 4 && readFrames(openInbox(2_000), bytes.subarray(0, 12 + bytes.readUInt32BE(0)))?.[0],
  );
  if (!first || !second || first.kind !== second.kind) return false;
  try {
    const [words, others] = [first, second].map(
      ({ payload }) => JSON.parse(payload.toString()) as Record<string, string>,
    );
    return Object.entries(words ?? {}).every(([name, word]) => others?.[name] === word);
  } catch {
    return false;
  }
};

/** Sends altered messages to a service, before or after a greeting. Resolves when the connection is closed. */
const attack = (random: Random, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const greeting = openGreeting(self, digits(random));
    const isStranger = random() < 0.5;
    const socket = connect({ host, port }).setTimeout(10_000, () => {
      reject(new Error(`FUZZ_SEED=${seed}: the service did not close the connection`));
      socket.destroy();
    });
    const say = (bytes: Buffer) => {
      for (const chunk of cut(random, bytes)) socket.write(chunk);
      socket.end(); // otherwise the service waits for the rest of an incomplete block
    };
    socket.on('error', () => undefined).once('close', () => resolve());
    socket.on('data', (chunk) => {
      const heard = hearWelcome(greeting, key, chunk);
      if (heard.kind === 'challenged') {
        if (isStranger) say(alter(random, random() < 0.5 ? heard.hello : pick(random, corpus).block));
        else socket.write(heard.hello);
      } else if (heard.kind === 'greeted')
        say(alter(random, Buffer.concat(listOf(random, 1, 6, () => pick(random, corpus.slice(0, 11)).block))));
    });
  });

/** Opens an aggregator that greets correctly and then damages every second answer. */
const openBrokenAggregator = async (random: Random): Promise<AsyncDisposable & { port: number }> => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const nonce = digits(random);
    const [greetingInbox, inbox] = [openGreetingInbox(), openInbox(capBytes)];
    let hasGreeted = false;
    const answer = (frame: Frame) => {
      const reply = frameFrom((outbox) => writeReadReply(outbox, frame.request, stateOf(parseReadRequest(frame).id)));
      const block = blockOf(reply.kind, reply.request, reply.payload);
      return random() < 0.5 ? block : alter(random, block);
    };
    socket.on('data', (chunk) => {
      if (hasGreeted) return void socket.write(Buffer.concat((readFrames(inbox, chunk) ?? []).map(answer)));
      const heard = hearHello(greetingInbox, nonce, key, self, chunk);
      if (heard.kind === 'waiting' || !heard.reply) return;
      hasGreeted = true;
      socket.write(heard.reply);
    });
    socket.on('error', () => undefined).write(challengeOf(nonce));
    sockets.push(socket);
  });
  await once(server.listen(0, host), 'listening');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
};
