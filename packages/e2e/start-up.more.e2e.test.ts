import { createServer } from 'node:net';
import {
  checkAll,
  checkAnswers,
  checkRecords,
  checkWholeSets,
  readLog,
  startLoad,
  stopLoad,
  untilAnswered,
} from '@muster/chaos';
import {
  eventually,
  linesOf,
  openOwnServer,
  openShell,
  openTestDatabase,
  openTestSystem,
  startAgain,
  stopGently,
  type TestSystem,
} from '@muster/testing';
import { expect } from 'chai';
import { runToEnd } from './run-to-end.ts';
import { createUsers, deleteUsers, updateUsers } from './write-users.ts';

const aggregators = ['aggregator-0', 'aggregator-1', 'aggregator-2'];
const programs = ['gateway', 'aggregator'] as const;

describe('A program with invalid settings', () => {
  for (const program of programs) {
    it(`does not start: the ${program} prints all problems at once, and no password`, async () => {
      const wrong = {
        MONGODB_URI: 'http://ada:secret@localhost',
        CLUSTER_SECRET: 'short secret',
        PARTITIONS: '0',
        LOG_LEVEL: 'loud',
        AGGREGATOR_NAME: 'two words',
        PORT: '70000',
      };
      const { code, output } = await runToEnd(program, wrong);
      expect(code).to.equal(2);
      for (const name of [
        'MONGODB_URI',
        'CLUSTER_SECRET',
        'PARTITIONS',
        'LOG_LEVEL',
        { gateway: 'PORT', aggregator: 'AGGREGATOR_NAME' }[program],
      ])
        expect(output).to.match(new RegExp(`^Cannot start the ${program}: .*"${name}"`, 'm'));
      expect(output).not.to.include('secret');
    });

    it(`does not start: the ${program} lists missing required settings`, async () => {
      const { code, output } = await runToEnd(program, { MONGODB_URI: '' });
      expect(code).to.equal(2);
      expect(output).to.include('"MONGODB_URI" is required').and.to.include('"CLUSTER_SECRET" is required');
    });

    it(`does not start without the file of its secret: the ${program} prints its path`, async () => {
      const { code, output } = await runToEnd(program, {
        MONGODB_URI: 'mongodb://localhost',
        CLUSTER_SECRET_FILE: '/nowhere/secret',
      });
      expect(code).to.equal(2);
      expect(output).to.include(
        `Cannot start the ${program}: "CLUSTER_SECRET_FILE" names /nowhere/secret, which cannot be read (ENOENT)`,
      );
    });

    it(`does not start on a database with other settings: the ${program} prints both, and what to do`, async () => {
      await using database = await openTestDatabase();
      await using shell = openShell(database);
      await shell.settings.insertOne({
        _id: 'muster',
        schema: 1,
        partitions: 32,
        hash: 'murmur3_x86_32(entity:id), seed 0',
      });
      const about = {
        MONGODB_URI: database.uri,
        DATABASE: database.database,
        CLUSTER_SECRET: 'the secret of the tests',
        LOG_LEVEL: 'warn',
        PORT: '0',
        AGGREGATOR_NAME: 'aggregator-0',
      };
      const { code, output } = await runToEnd(program, { ...about, PARTITIONS: '64' });
      expect(code).to.equal(2);
      expect(output).to.match(
        /set up with partitions 32, but this process has 64. Start it with the stored value, or on another database/,
      );
      expect(await shell.events.countDocuments()).to.equal(0);
    });
  }
});

describe('A Muster that is started before its MongoDB', () => {
  it('logs that it waits, and runs when MongoDB is there', async () => {
    const port = await findFreePort();
    let test: TestSystem | undefined;
    const lines: string[] = [];
    const starting = openTestSystem({
      mongodbUri: `mongodb://127.0.0.1:${port}/?directConnection=true`,
      onEvent: (event) => event.kind === 'line' && lines.push(`${event.name} ${event.line}`),
    });
    try {
      const waiting = () =>
        Promise.resolve(
          ['gateway', ...aggregators].filter((name) => lines.some((line) => line.startsWith(name) && isWaiting(line))),
        );
      await eventually(waiting, (names) => names.length === 4);
      await using _server = await openOwnServer({ port });
      test = await starting;
      await createUsers(test.url, 'late', 20);
      expect((await checkAnswers(test, await readLog(test), 'memory')).slice(0, 20)).to.deep.equal([]);
      await test[Symbol.asyncDispose]();
    } finally {
      await starting.then(
        (started) => started[Symbol.asyncDispose](),
        () => undefined,
      );
    }
  });

  const isWaiting = (line: string) => /database/.test(line) && /trying again/.test(line);
});

describe('A Muster that is stopped', () => {
  let test: TestSystem;
  before(async () => {
    // no snapshot except the last one
    test = await openTestSystem({
      environment: {
        SNAPSHOT_EVERY: '1000000',
        SNAPSHOT_AFTER_MS: '1000000',
        CHECKPOINT_EVERY_MS: '1000000',
        SNAPSHOT_DEADLINE_MS: '2000',
      },
    });
  });
  after(() => test[Symbol.asyncDispose]());

  it('saves a last snapshot, so that Users has the whole log, and exits with code 0', async () => {
    const ids = await createUsers(test.url, 'last', 300);
    await updateUsers(test.url, ids.slice(0, 50), 77);
    await deleteUsers(test.url, ids.slice(40, 60));
    const folded = await readLog(test);
    expect((await checkAnswers(test, folded, 'memory')).slice(0, 20)).to.deep.equal([]);
    expect(await test.shell.db.collection('Users').countDocuments()).to.equal(0);
    expect(await stopGently(test, ...aggregators)).to.deep.equal(aggregators.map(() => ({ code: 0, signal: null })));
    expect((await checkRecords(test, folded)).slice(0, 20)).to.deep.equal([]);
    expect((await checkAnswers(test, folded, 'database')).slice(0, 20)).to.deep.equal([]);
    expect((await checkWholeSets(test.url, folded)).slice(0, 20)).to.deep.equal([]);
    await startAgain(test, ...aggregators);
    // a process reports that it is ready before it logs it: wait for the line
    for (const name of aggregators)
      await eventually(
        async () => linesOf(test, name).at(-1) ?? '',
        (line) => line.includes('Restored, in service'),
      );
  });

  it('answers all accepted requests before its gateway exits with code 0, and loses no event', async () => {
    const before = await readLog(test);
    // enough sessions that some requests are always in flight
    const load = await startLoad(test.urls, { sessions: 48, pauseMs: 0 });
    try {
      await untilAnswered(load, 200);
      expect(await stopGently(test, 'gateway')).to.deep.equal([{ code: 0, signal: null }]);
      await startAgain(test, 'gateway');
      await untilAnswered(load, 100);
    } finally {
      await stopLoad(load);
    }
    await stopGently(test, ...aggregators);
    await startAgain(test, ...aggregators);
    const { byRequest } = await readLog(test);
    expect(
      load.calls.filter(({ status, requestId }) => status === undefined && byRequest.has(requestId)),
    ).to.deep.equal([]);
    expect((await checkAll(test, load.calls, before)).slice(0, 20)).to.deep.equal([]);
  });
});

const findFreePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
