import { note, openLogOn, openOwnServer, openTestLog, reopenServer, storedNote, until } from '@muster/testing';
import { expect } from 'chai';
import { beatHeart, joinMembers, listMembers } from './members.ts';
import { type Log, openLog, recordsOf } from './open-log.ts';
import { isBefore, type Position } from './position.ts';
import { recordOf } from './records.ts';
import { type Watched, type WatchOptions, watchLog } from './watch-log.ts';

const deadlineMs = 5_000;
const all = [0, 1, 2, 3];

describe('Watching the log', function () {
  this.timeout(60_000);

  it("gives the events of one's own partitions in the log's order, and everybody's heartbeats", async () => {
    await using log = await openTestLog();
    await using watch = await openWatch(log, { partitions: [0, 2] });
    const events = await insert(log, 'a', 12);
    await beat(log, 'aggregator-0', 1);
    await beat(log, 'aggregator-1', 1);
    await recordsOf(log, note).insertOne(
      recordOf('x', 0, { status: 'deleted', version: 1, createdAt: new Date(), deletedAt: new Date() }, 'test:1'),
    );
    await beat(log, 'aggregator-0', 2);
    await watch.until('the last heartbeat comes', ({ beats }) => beats.includes('aggregator-0:2'));
    expect(watch.seen.events).to.deep.equal(events.filter(({ partition }) => partition % 2 === 0));
    expect(watch.seen.beats).to.deep.equal(['aggregator-0:1', 'aggregator-1:1', 'aggregator-0:2']);
    expect(watch.seen.kinds).to.include('quiet').and.not.to.include.members(['broken']);
  });

  it('opened says so before anything else, and a heartbeat written then comes back', async () => {
    await using log = await openTestLog();
    await using watch = await openWatch(log, { partitions: [] });
    expect(watch.seen.kinds[0]).to.equal('opened');
    await beat(log, 'aggregator-0', 7);
    await watch.until('it comes back', ({ beats }) => beats.includes('aggregator-0:7'));
  });

  it("knows a heartbeat's aggregator, and its time on the database's clock", async () => {
    await using log = await openTestLog();
    await using watch = await openWatch(log, { partitions: [] });
    for (const number of [1, 2]) await beat(log, '$aggregator', number); // inserted, then updated
    await watch.until('both came', ({ heartbeats }) => heartbeats.length === 2);
    const [member] = await listMembers(log, deadlineMs);
    expect(member).to.deep.include({ _id: '$aggregator', beat: '$aggregator:2', state: 'serving', partitions: all });
    const last = watch.seen.heartbeats[1];
    expect(last).to.deep.include({ aggregator: '$aggregator', beat: '$aggregator:2', at: member?.heartbeatAt });
    expect(last?.at.getTime()).to.be.closeTo(Date.now(), 5_000);
    const [earlier, later] = watch.seen.heartbeats.map(({ position }) => position);
    if (!earlier || !later) return expect.fail('a heartbeat is missing');
    expect(isBefore(earlier, later)).to.equal(true);
  });

  it('goes on after the position of any heartbeat, with nothing lost and nothing twice', async () => {
    await using log = await openTestLog();
    await using whole = await openWatch(log, { partitions: all });
    for (let round = 1; round <= 4; round += 1) {
      await insert(log, `round-${round}`, 5);
      await beat(log, 'aggregator-0', round);
    }
    await whole.until('the last heartbeat comes', ({ beats }) => beats.length === 4);
    for (const { position, beat: of } of whole.seen.heartbeats.slice()) {
      await using again = await openWatch(log, { partitions: [1, 3], from: position }); // a position fits every filter
      const marker = `after-${of}`;
      await beat(log, marker, 1);
      await again.until('the marker comes', ({ beats }) => beats.includes(`${marker}:1`));
      const round = Number(of.split(':')[1]);
      const expected = whole.seen.events.filter(
        ({ entityId, partition }) => Number(entityId.split('-')[1]) > round && partition % 2 === 1,
      );
      expect(again.seen.events, of).to.deep.equal(expected);
    }
  });

  it('ends soon once it is called off, while it waits and while it pauses', async () => {
    await using log = await openTestLog();
    const waiting = await openWatch(log, { partitions: all });
    const startedAt = performance.now();
    await waiting[Symbol.asyncDispose]();
    expect(performance.now() - startedAt).to.be.below(5_000);
    await using nowhere = openLog({
      uri: 'mongodb://127.0.0.1:1/?replicaSet=nobody',
      database: 'muster',
      appName: 'test',
    });
    const pausing = startWatch(nowhere, { partitions: all, pauseMs: () => 600_000 });
    await pausing.until('it is broken', ({ kinds }) => kinds.includes('broken'));
    const pausedAt = performance.now();
    await pausing[Symbol.asyncDispose]();
    expect(performance.now() - pausedAt).to.be.below(3_000);
  });

  it('called off before it begins gives nothing', async () => {
    await using log = await openTestLog();
    const options = { partitions: all, from: undefined, signal: AbortSignal.abort(), pauseMs: () => 10 };
    expect(await watchLog(log, options).next()).to.deep.equal({ done: true, value: undefined });
  });
});

describe('Watching a server that fails', function () {
  this.timeout(60_000);

  it('that is killed and started again says broken, and misses nothing and repeats nothing', async () => {
    await using server = await openOwnServer();
    await using log = await openLogOn(server);
    // long enough that things happen meanwhile
    await using watch = await openWatch(log, { partitions: all, pauseMs: () => 1_000 });
    const before = await insert(log, 'before', 20);
    await watch.until('some have come', ({ events }) => events.length >= 5);
    const racing = insertUntilItFails(log, 'racing');
    await watch.until('some of the race have come', ({ events }) => events.length >= 30);
    server.spawned.child.kill('SIGKILL');
    await server.spawned.exited;
    const stored = await racing;
    await watch.until('it is broken', ({ kinds }) => kinds.includes('broken'));
    await using _again = await reopenServer(server);
    const after = await until(
      'the server takes writes again',
      () => insert(log, 'after', 20).catch(() => undefined),
      20_000,
    );
    await watch.until('all has come', ({ events }) => events.some(({ _id }) => _id === after.at(-1)?._id));
    const ids = watch.seen.events.map(({ _id }) => _id);
    expect(new Set(ids).size, 'something came twice').to.equal(ids.length);
    const asked = new Set(stored.map(({ _id }) => _id));
    for (const id of asked) expect(ids, 'something acknowledged is missing').to.include(id);
    // beyond what was acknowledged at most the one that was under way when the server was killed
    const expected = [...before, ...stored, ...after].map(({ _id }) => _id);
    const more = ids.filter((id) => !expected.includes(id));
    expect(more.length).to.be.at.most(1);
    expect(ids.filter((id) => !more.includes(id))).to.deep.equal(expected);
  });

  it('that stands still says broken after a bounded time, and then goes on', async () => {
    await using server = await openOwnServer();
    await using log = await openLogOn(server);
    await using watch = await openWatch(log, { partitions: all });
    const before = await insert(log, 'before', 5);
    await watch.until('they have come', ({ events }) => events.length === 5);
    process.kill(server.pid, 'SIGSTOP');
    await watch.until('it is broken', ({ kinds }) => kinds.includes('broken'), 8_000);
    process.kill(server.pid, 'SIGCONT');
    const after = await until(
      'the server takes writes again',
      () => insert(log, 'after', 5).catch(() => undefined),
      20_000,
    );
    await watch.until('all has come', ({ events }) => events.length >= 10);
    expect(watch.seen.events).to.deep.equal([...before, ...after]);
  });

  it('whose oplog has rolled over says lost, and ends', async function () {
    await using server = await openOwnServer({ oplogMaxEntries: 1_000 });
    if (server.kind === 'mongod') this.skip(); // its oplog cannot be made that small
    await using log = await openLogOn(server);
    const position = await positionOfNow(log);
    for (let batch = 0; batch < 6; batch += 1) await insert(log, `batch-${batch}`, 500);
    const watched: Watched['kind'][] = [];
    const options = { partitions: all, from: position, signal: AbortSignal.timeout(20_000), pauseMs: () => 10 };
    for await (const { kind } of watchLog(log, options)) watched.push(kind);
    expect(watched).to.deep.equal(['lost']);
  });

  it('whose oplog rolls over while nobody reads says lost: what is left of it is not taken for all', async function () {
    await using server = await openOwnServer({ oplogMaxEntries: 1_000 });
    if (server.kind === 'mongod') this.skip(); // its oplog cannot be made that small
    await using log = await openLogOn(server);
    const watched: Watched['kind'][] = [];
    const options = { partitions: all, from: undefined, signal: AbortSignal.timeout(20_000), pauseMs: () => 10 };
    for await (const { kind } of watchLog(log, options)) {
      watched.push(kind);
      if (watched.length !== 2) continue;
      const pausedAt = performance.now(); // as one who is stopped does
      for (let batch = 0; batch < 6; batch += 1) await insert(log, `batch-${batch}`, 500);
      await until('a while has passed', () => performance.now() - pausedAt > 1_100);
    }
    expect(watched).to.deep.equal(['opened', 'quiet', 'lost']);
  });
});

const insert = async (log: Log, prefix: string, count: number) => {
  const events = Array.from({ length: count }, (_, n) =>
    storedNote(
      { kind: 'created', version: 1, data: { text: 'one' } },
      { partition: n % 4, entityId: `${prefix}-${n}` },
    ),
  );
  await log.events.insertMany(events);
  return events;
};

/** One after the other until the server is gone; gives those that it acknowledged. */
const insertUntilItFails = async (log: Log, prefix: string) => {
  const stored: ReturnType<typeof storedNote>[] = [];
  for (;;) {
    const event = storedNote(
      { kind: 'created', version: 1, data: { text: 'one' } },
      { partition: stored.length % 4, entityId: `${prefix}-${stored.length}` },
    );
    const acknowledged = await log.events.insertOne(event).then(
      () => true,
      () => false,
    );
    if (!acknowledged) return stored;
    stored.push(event);
  }
};

const beat = async (log: Log, name: string, number: number) => {
  const about = {
    _id: name,
    incarnation: name,
    startedAt: new Date(0),
    address: '127.0.0.1:1',
    healthPort: 1,
    state: 'serving' as const,
  };
  const member = { ...about, beat: `${name}:${number}`, partitions: all, warming: [] };
  if (!(await beatHeart(log, member, false, deadlineMs))) await joinMembers(log, member, deadlineMs);
};

const positionOfNow = async (log: Log): Promise<Position | undefined> => {
  await using watch = await openWatch(log, { partitions: [] });
  await beat(log, 'aggregator-0', 1);
  await watch.until('it comes', ({ heartbeats }) => heartbeats.length > 0);
  return watch.seen.heartbeats[0]?.position;
};

type Seen = {
  kinds: Watched['kind'][];
  events: Extract<Watched, { kind: 'event' }>['event'][];
  heartbeats: Extract<Watched, { kind: 'heartbeat' }>['heartbeat'][];
  beats: string[];
};

/** Watches beside the test, and keeps what it sees. */
const startWatch = (log: Log, options: Partial<WatchOptions>) => {
  const seen: Seen = { kinds: [], events: [], heartbeats: [], beats: [] };
  const stop = new AbortController();
  const watching = collect(
    log,
    { partitions: [], from: undefined, pauseMs: () => 20, ...options, signal: stop.signal },
    seen,
  );
  const close = async () => {
    stop.abort();
    await watching;
  };
  const untilSeen = (what: string, holds: (seen: Seen) => boolean, withinMs?: number) =>
    until(what, () => holds(seen), withinMs);
  return { seen, until: untilSeen, [Symbol.asyncDispose]: close };
};

const openWatch = async (log: Log, options: Partial<WatchOptions>) => {
  const watch = startWatch(log, options);
  await watch.until('it is open', ({ kinds }) => kinds.includes('opened'));
  return watch;
};

const collect = async (log: Log, options: WatchOptions, seen: Seen) => {
  for await (const watched of watchLog(log, options)) {
    seen.kinds.push(watched.kind);
    if (watched.kind === 'event') seen.events.push(watched.event);
    if (watched.kind !== 'heartbeat') continue;
    seen.heartbeats.push(watched.heartbeat);
    seen.beats.push(watched.heartbeat.beat);
  }
};
