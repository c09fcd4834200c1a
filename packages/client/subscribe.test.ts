import type { ServerResponse } from 'node:http';
import { type Answer, type FeedServer, openFeedServer, sendMessages, sendProblem, until } from '@muster/testing';
import { expect } from 'chai';
import { type Status, type SubscribeOptions, type Subscription, type SubscriptionError, subscribe } from './index.ts';

const retry = 'retry: 5\n\n';
const bookmark = (id: string) => `${id === '' ? '' : `id: ${id}\n`}event: bookmark\ndata: {"time":"t"}\n\n`;
const event = (version: number) => `id: p${version}\ndata: {"subject":"a","version":${version}}\n\n`;
const end = (reason: string) => `event: end\ndata: {"reason":"${reason}","position":"p"}\n\n`;

/** A subscription of a test, with all that it told. */
type Told = { subscription: Subscription; versions: number[]; statuses: Status[]; ended: Promise<unknown> };

describe('A subscription', function () {
  this.timeout(20_000);
  const servers: FeedServer[] = [];
  const subscriptions: Told[] = [];

  const serve = async (answer: Answer): Promise<FeedServer> => {
    const server = await openFeedServer(answer);
    servers.push(server);
    return server;
  };
  const follow = (url: string | (() => string), options: SubscribeOptions = {}): Told => {
    const versions: number[] = [];
    const statuses: Status[] = [];
    const subscription = subscribe(url, {
      maxPauseMs: 20,
      onEvent: ({ version }) => versions.push(version),
      onStatus: (status) => statuses.push(status),
      ...options,
    });
    const told = { subscription, versions, statuses, ended: subscription.done.catch((error) => error) };
    subscriptions.push(told);
    return told;
  };
  const kindsOf = ({ statuses }: Told) => statuses.map(({ kind }) => kind);
  const errorOf = async ({ ended }: Told) => (await ended) as SubscriptionError;
  const positionsSent = ({ requests }: FeedServer) => requests.map(({ headers }) => headers['last-event-id']);

  afterEach(async () => {
    for (const { subscription, ended } of subscriptions.splice(0)) {
      subscription.close();
      await ended;
    }
    for (const server of servers.splice(0)) {
      await until('the server has no connection', () => server.open.size === 0);
      await server[Symbol.asyncDispose]();
    }
  });

  it('gets events with their positions, and knows the position of the last one and of bookmarks', async () => {
    const server = await serve((response) => sendMessages(response, retry, bookmark(''), event(1), event(2)));
    const positions: string[] = [];
    const told = follow(server.url, { onEvent: (_, { position }) => positions.push(position) });
    expect(told.subscription.position).to.equal(undefined);
    await until('both came', () => told.subscription.position === 'p2');
    expect(positions).to.deep.equal(['p1', 'p2']);
    for (const response of server.open) sendMessages(response, bookmark('p9'), 'id: p10\n\n');
    await until('the position has moved', () => told.subscription.position === 'p10');
  });

  it('asks for server-sent events, with its key, its headers and where it begins', async () => {
    const server = await serve((response) => sendMessages(response, bookmark('')));
    const told = follow(`${server.url}?types=A`, {
      ...{ key: 'secret', headers: { 'X-Request-Id': 'r1' }, after: 'p7', from: 'start' },
    });
    await until('it is live', () => kindsOf(told).includes('live'));
    expect(server.requests[0]?.url).to.equal('/api/events?types=A&from=start');
    expect(server.requests[0]?.headers).to.include({
      ...{ accept: 'text/event-stream', authorization: 'Bearer secret', 'x-request-id': 'r1', 'last-event-id': 'p7' },
    });
    expect(told.subscription.position).to.equal('p7');
  });

  it('goes on behind the last event after a connection broke, without one twice', async () => {
    const server = await serve((response, number, { headers }) => {
      const known = Number(headers['last-event-id']?.slice(1) ?? 0);
      sendMessages(response, retry, bookmark(known === 0 ? '' : `p${known}`), event(known + 1), event(known + 2));
      sendMessages(response, 'id: p99\ndata: {"half'); // of this one nothing may stay
      if (number < 4) setImmediate(() => (number % 2 ? response.destroy() : response.end()));
    });
    const told = follow(server.url);
    await until('ten came', () => told.versions.length >= 10);
    expect(told.versions).to.deep.equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(positionsSent(server)).to.deep.equal([undefined, 'p2', 'p4', 'p6', 'p8']);
    expect(kindsOf(told).slice(0, 5)).to.deep.equal(['connecting', 'live', 'stale', 'connecting', 'live']);
  });

  it('keeps the address with from=start when it goes on behind a position', async () => {
    const server = await serve((response, number) => {
      sendMessages(response, retry, event(number + 1));
      if (number === 0) response.end();
    });
    const told = follow(server.url, { from: 'start' });
    await until('it came back', () => told.versions.length === 2);
    expect(server.requests.map(({ url }) => url)).to.deep.equal(['/api/events?from=start', '/api/events?from=start']);
    expect(positionsSent(server)).to.deep.equal([undefined, 'p1']);
  });

  it('asks for an address before each attempt', async () => {
    const one = await serve((response) => {
      sendMessages(response, retry, event(1));
      response.end();
    });
    const two = await serve((response) => sendMessages(response, retry, event(2)));
    const addresses = [one.url, two.url];
    const told = follow(() => addresses.shift() ?? '');
    await until('both came', () => told.versions.length === 2);
    expect(positionsSent(two)).to.deep.equal(['p1']);
  });

  it('moves its position only when an event was handled, and takes one at a time', async () => {
    const server = await serve((response) => sendMessages(response, retry, event(1), event(2)));
    const releases: (() => void)[] = [];
    const told = follow(server.url, {
      onEvent: () =>
        new Promise<void>((resolve) => {
          releases.push(resolve);
        }),
    });
    await until('the first one is in work', () => releases.length === 1);
    expect(told.subscription.position).to.equal(undefined);
    releases[0]?.();
    await until('the second one is in work', () => releases.length === 2);
    expect(told.subscription.position).to.equal('p1');
    told.subscription.close();
    releases[1]?.();
    await told.ended;
    expect(told.subscription.position).to.equal('p2'); // it was handled, though the subscription was closed meanwhile
  });

  it('slows the connection down while a handler works', async () => {
    const text = 'x'.repeat(100_000);
    const sent = { messages: 0 };
    const send = (response: ServerResponse) => {
      while (sent.messages < 1_000 && !response.destroyed) {
        sent.messages += 1;
        if (!response.write(`id: p${sent.messages}\ndata: {"version":${sent.messages},"text":"${text}"}\n\n`)) break;
      }
    };
    const server = await serve((response) => {
      sendMessages(response, retry);
      response.on('drain', () => send(response));
      send(response);
    });
    const gate = { open: () => {} };
    const opened = new Promise<void>((resolve) => {
      gate.open = resolve;
    });
    const versions: number[] = [];
    const told = follow(server.url, {
      onEvent: async ({ version }) => {
        versions.push(version);
        await opened;
      },
    });
    await until('the connection takes no more', () =>
      [...server.open].some(({ writableNeedDrain }) => writableNeedDrain),
    );
    await untilSteady(() => sent.messages);
    expect(sent.messages).to.be.below(1_000);
    expect(versions).to.deep.equal([1]);
    gate.open();
    await until('all came', () => versions.length === 1_000);
    expect(told.subscription.position).to.equal('p1000');
    expect(server.requests).to.have.length(1);
  });

  it('ends with what a handler throws, and stays behind the last event that was handled', async () => {
    for (const fail of [
      () => {
        throw new Error('no room');
      },
      () => Promise.reject(new Error('no room')),
    ]) {
      const server = await serve((response) => sendMessages(response, retry, event(1), event(2), event(3)));
      const told = follow(server.url, { onEvent: ({ version }) => (version === 2 ? fail() : undefined) });
      expect((await errorOf(told)).message).to.equal('no room');
      expect(told.subscription.position).to.equal('p1');
      expect(told.statuses.at(-1)).to.deep.include({ kind: 'closed' }).and.have.property('error');
      expect(server.requests).to.have.length(1);
    }
  });

  it('tries again while the server cannot be reached or has a fault', async () => {
    const server = await serve((response, number) => {
      if (number === 0) return sendProblem(response, 503, { detail: 'too many wait' });
      if (number === 1) return sendProblem(response, 500);
      if (number === 2) return sendProblem(response, 429);
      if (number === 3) return void response.destroy();
      if (number === 4) return void response.socket?.end('no HTTP');
      sendMessages(response, event(1));
    });
    const nowhere = await openFeedServer(() => undefined);
    await nowhere[Symbol.asyncDispose]();
    const addresses = [nowhere.url, nowhere.url];
    const told = follow(() => addresses.shift() ?? server.url);
    await until('it came', () => told.versions.length === 1);
    const stale = told.statuses.flatMap((status) => (status.kind === 'stale' ? [status] : []));
    expect(stale).to.have.length(7);
    expect(stale[0]?.reason).to.contain('ECONNREFUSED');
    expect(stale[2]).to.deep.equal({
      ...{ kind: 'stale', sinceMs: undefined, reason: 'the server answered 503: too many wait' },
    });
  });

  it('waits as long as Retry-After says', async () => {
    const times: number[] = [];
    const server = await serve((response, number) => {
      times.push(performance.now());
      if (number === 0) sendProblem(response, 503, {}, { 'retry-after': '1' });
      else sendMessages(response, event(1));
    });
    const told = follow(server.url);
    await until('it came', () => told.versions.length === 1);
    expect((times[1] ?? 0) - (times[0] ?? 0)).to.be.within(990, 5_000);
  });

  it('waits longer from attempt to attempt, until a connection lasts', async () => {
    const random = Math.random;
    Math.random = () => 1;
    try {
      const times: number[] = [];
      const server = await serve((response, number) => {
        times.push(performance.now());
        sendMessages(response, 'retry: 100\n\n', bookmark('p'));
        const lastsMs = number === 3 ? 1_200 : 0; // more than the pause that comes
        setTimeout(() => response.end(end('unavailable')), lastsMs);
      });
      const told = follow(server.url, { maxPauseMs: 10_000 });
      await until('it tried six times', () => times.length >= 6);
      told.subscription.close();
      const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0) - (index === 3 ? 1_200 : 0));
      const least = [100, 200, 400, 100, 200];
      expect(
        pauses.every((ms, index) => ms >= (least[index] ?? 0) - 5),
        String(pauses),
      ).to.equal(true);
      expect(pauses[3]).to.be.below(750); // it would be 800
    } finally {
      Math.random = random;
    }
  });

  it('connects again at once when a gateway stops, but not over and over', async () => {
    const random = Math.random;
    Math.random = () => 1;
    try {
      const server = await serve((response) => sendMessages(response, event(1), end('stopping')));
      const told = follow(server.url, { maxPauseMs: 60_000 }); // without a retry: the pause is 4 s
      await until('it waits', () => kindsOf(told).filter((kind) => kind === 'stale').length === 2, 1_500);
      const waitsSince = performance.now();
      await until('it has waited for a while', () => performance.now() - waitsSince > 300);
      expect(server.requests).to.have.length(2);
      expect(told.statuses[2]).to.have.property('reason', 'the server ended it: stopping');
    } finally {
      Math.random = random;
    }
  });

  it('goes on behind its position when the gateway ended it as too slow or unavailable', async () => {
    for (const reason of ['too-slow', 'unavailable', 'a-new-reason']) {
      const server = await serve((response, number) => {
        sendMessages(response, retry, event(number + 1));
        if (number === 0) response.end(end(reason));
      });
      const told = follow(server.url);
      await until('it came back', () => told.versions.length === 2);
      expect(positionsSent(server)).to.deep.equal([undefined, 'p1']);
    }
  });

  it('gives up a silent connection, tells that it is stale, and connects again', async () => {
    const server = await serve((response, number) => {
      if (number === 0) sendMessages(response, retry, event(1));
      if (number === 2) sendMessages(response, retry, event(2)); // the second one gets no answer at all
    });
    const told = follow(server.url, { staleAfterMs: 150 });
    await until('both came', () => told.versions.length === 2);
    const stale = told.statuses.flatMap((status) => (status.kind === 'stale' ? [status] : []));
    expect(stale.map(({ reason }) => reason)).to.deep.equal(Array(2).fill('the server was silent for 150 ms'));
    expect(stale[0]?.sinceMs).to.be.within(149, 1_000);
    expect(stale[1]?.sinceMs).to.be.within(299, 2_000);
    await until('the server sees that they were given up', () => server.open.size === 1);
  });

  it('never gives up a silent connection if it is told so', async () => {
    const server = await serve((response) => {
      setTimeout(() => sendMessages(response, event(1)), 50);
    });
    const told = follow(server.url, { staleAfterMs: Number.POSITIVE_INFINITY });
    await until('it came', () => told.versions.length === 1);
    expect(kindsOf(told)).to.deep.equal(['connecting', 'live']);
  });

  it('stays live while the server sends anything, be it comments', async () => {
    const timers: NodeJS.Timeout[] = [];
    const server = await serve((response) => {
      sendMessages(response, retry, bookmark('p'));
      timers.push(setInterval(() => response.write(':\n'), 20));
    });
    const told = follow(server.url, { staleAfterMs: 300 });
    const startedAt = performance.now();
    await until('a while has passed', () => performance.now() - startedAt > 900);
    for (const timer of timers) clearInterval(timer);
    expect(kindsOf(told)).to.deep.equal(['connecting', 'live']);
  });

  for (const reason of ['position-lost', 'log-replaced', 'position-too-old'])
    describe(`that cannot go on, as ${reason} says`, () => {
      const loseOnce: Answer = (response, number) => {
        if (number === 0) sendMessages(response, retry, event(1));
        if (number === 0) return void response.end(reason === 'position-too-old' ? end('stopping') : end(reason));
        if (number === 1 && reason === 'position-too-old')
          return sendProblem(response, 410, { type: `/problems/${reason}`, detail: 'gone' });
        sendMessages(response, event(5));
      };
      const lost = { kind: 'lost', reason };

      it('ends unless it is told otherwise, and says what to do', async () => {
        const server = await serve(loseOnce);
        const told = follow(server.url);
        const error = await errorOf(told);
        expect(error.reason).to.equal(reason);
        expect(error.message).to.contain(reason).and.contain("from: 'start'");
        expect(told.statuses.slice(-2)).to.deep.equal([lost, { kind: 'closed', error }]);
        expect(told.subscription.position).to.equal('p1');
      });

      for (const [onLost, query] of [
        ['start', '?types=A&from=start'],
        ['now', '?types=A'],
      ] as const)
        it(`begins anew with onLost: '${onLost}'`, async () => {
          const server = await serve(loseOnce);
          const told = follow(`${server.url}?types=A&after=p0`, { onLost });
          await until('it began anew', () => told.versions.length === 2);
          expect(told.statuses).to.deep.include(lost);
          const last = server.requests.at(-1);
          expect([last?.url, last?.headers['last-event-id']]).to.deep.equal([`/api/events${query}`, undefined]);
        });
    });

  it('ends when the server refuses it, with the status and the detail', async () => {
    for (const status of [400, 401, 403, 404, 406, 410, 418]) {
      const server = await serve((response) => sendProblem(response, status, { detail: 'that is why' }));
      const told = follow(server.url);
      const error = await errorOf(told);
      expect(error).to.be.instanceOf(Error);
      expect(error).to.include({ status, detail: 'that is why' });
      expect(error.message).to.contain(`${status}: that is why`);
      expect(server.requests).to.have.length(1);
      expect(kindsOf(told)).to.deep.equal(['connecting', 'closed']);
    }
  });

  it('begins anew also if the position that is lost is in its address', async () => {
    const server = await serve((response, number) =>
      number === 0 ? sendProblem(response, 410) : sendMessages(response, event(1)),
    );
    const told = follow(`${server.url}?after=p0`, { after: '', onLost: 'now' });
    await until('it began anew', () => told.versions.length === 1);
    expect(server.requests.map(({ url }) => url)).to.deep.equal(['/api/events?after=p0', '/api/events']);
    expect(positionsSent(server)).to.deep.equal([undefined, undefined]);
  });

  it('ends when all is reached that it asked for, behind the end, and when its last handler is done', async () => {
    const server = await serve((response) =>
      sendMessages(response, retry, event(1), event(2), 'event: end\ndata: {"reason":"reached","position":"p9"}\n\n'),
    );
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const told = follow(`${server.url}?until=now`, { onEvent: ({ version }) => (version === 2 ? gate : undefined) });
    await until('the first one is handled', () => told.subscription.position === 'p1');
    expect(kindsOf(told)).to.deep.equal(['connecting', 'live']);
    open();
    expect(await told.ended).to.equal(undefined);
    expect(told.subscription.position).to.equal('p9');
    expect(told.statuses.at(-1)).to.deep.equal({ kind: 'closed' });
    await until('the server has no connection', () => server.open.size === 0);
    expect(server.requests).to.have.length(1);
  });

  it('keeps the position that it has when nothing was there to reach', async () => {
    const server = await serve((response) => sendMessages(response, bookmark(''), end('reached').replace('"p"', '""')));
    const told = follow(`${server.url}?until=now`, { after: 'p7' });
    expect(await told.ended).to.equal(undefined);
    expect(told.subscription.position).to.equal('p7');
    const anew = follow(`${server.url}?until=now`);
    await anew.ended;
    expect(anew.subscription.position).to.equal(undefined);
  });

  it('ends when its key is refused', async () => {
    const server = await serve((response) => sendMessages(response, event(1), end('key-refused')));
    const told = follow(server.url);
    expect(await errorOf(told)).to.have.property('reason', 'key-refused');
    expect(server.requests).to.have.length(1);
  });

  it('ends at an answer that is no feed, at data that are not JSON, and at a message that is too long', async () => {
    const page = await serve((response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'));
    expect((await errorOf(follow(page.url))).message).to.contain('no stream of events');
    const text = await serve((response) => sendMessages(response, 'data: hello\n\n'));
    expect((await errorOf(follow(text.url))).message).to.contain('not JSON: hello');
    const long = await serve((response) => sendMessages(response, `data: "${'x'.repeat(17 * 1024 * 1024)}`));
    expect((await errorOf(follow(long.url))).message).to.contain('longer than 16777216 characters');
  });

  it('ends at once when its address or a header cannot be sent', async () => {
    expect(await errorOf(follow('no address'))).to.be.instanceOf(TypeError);
    expect(await errorOf(follow('http://127.0.0.1:1/', { headers: { 'x-a': 'ü→' } }))).to.be.instanceOf(TypeError);
  });

  describe('that is closed', () => {
    it('resolves and calls no handler any more, wherever it is', async () => {
      const silent = await serve(() => undefined);
      const live = await serve((response) => sendMessages(response, bookmark('p')));
      const failing = await serve((response) => sendProblem(response, 503, {}, { 'retry-after': '60' }));
      for (const [server, kind] of [
        [silent, 'connecting'],
        [live, 'live'],
        [failing, 'stale'],
      ] as const) {
        const told = follow(server.url);
        await until(`it is ${kind}`, () => kindsOf(told).at(-1) === kind && server.requests.length === 1);
        told.subscription.close();
        expect(await told.ended).to.equal(undefined);
        expect(told.statuses.at(-1)).to.deep.equal({ kind: 'closed' });
        told.subscription.close(); // once more does nothing
        await until('the server has no connection', () => server.open.size === 0);
      }
    });

    it('drops what it has read but not handled', async () => {
      const server = await serve((response) => sendMessages(response, event(1) + event(2) + event(3)));
      const versions: number[] = [];
      const told = follow(server.url, {
        onEvent: ({ version }) => {
          versions.push(version);
          told.subscription.close();
        },
      });
      await told.ended;
      expect(versions).to.deep.equal([1]);
      expect(told.subscription.position).to.equal('p1');
    });

    it('leaves no timer and no connection behind', async () => {
      const server = await serve((response) => sendMessages(response, retry, event(1)));
      const resources = () => process.getActiveResourcesInfo().filter((name) => /Timeout|TCPSocketWrap/.test(name));
      const before = resources().length;
      const told = follow(server.url);
      await until('it came', () => told.versions.length === 1);
      expect(resources().length).to.be.above(before);
      told.subscription.close();
      await told.ended;
      await until('nothing is left', () => resources().length <= before + 1); // the timer of this wait
    });

    it('can be closed by a signal, also by one that was aborted before', async () => {
      const server = await serve((response) => sendMessages(response, event(1)));
      const stop = new AbortController();
      const told = follow(server.url, { signal: stop.signal });
      await until('it came', () => told.versions.length === 1);
      stop.abort();
      expect(await told.ended).to.equal(undefined);
      const late = follow(server.url, { signal: stop.signal });
      expect(await late.ended).to.equal(undefined);
      expect(late.statuses).to.deep.equal([{ kind: 'closed' }]);
      expect(server.requests).to.have.length(1);
    });
  });

  it('uses another fetch where one is given', async () => {
    const asked: unknown[] = [];
    const told = follow('/api/events', {
      fetch: async (address) => {
        asked.push(address);
        return new Response(event(1) + end('key-refused'), { headers: { 'content-type': 'text/event-stream' } });
      },
    });
    await told.ended;
    expect([asked, told.versions]).to.deep.equal([['/api/events'], [1]]);
  });
});

/** Waits until a number no longer changes for 300 ms. */
const untilSteady = async (read: () => number): Promise<void> => {
  const seen = { number: read(), since: performance.now() };
  await until('the number is steady', () => {
    if (read() !== seen.number) Object.assign(seen, { number: read(), since: performance.now() });
    return performance.now() - seen.since > 300;
  });
};
