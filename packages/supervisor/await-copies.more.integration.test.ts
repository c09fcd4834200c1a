import type { AggregatorDocument } from '@muster/store';
import { openLogOn, openShell, openTestDatabase, type Shell, type TestDatabase } from '@muster/testing';
import { expect } from 'chai';
import { awaitCopies, type Wholeness } from './await-copies.ts';

const rule = { copies: 2, leaseMs: 60_000 };

describe('Waiting for copies', function () {
  this.timeout(30_000);
  let database: TestDatabase;
  let shell: Shell;
  before(async () => {
    database = await openTestDatabase();
    await using _log = await openLogOn(database); // sets the database up with 4 partitions
    shell = openShell(database);
  });
  after(async () => {
    await shell[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });
  beforeEach(() => shell.aggregators.deleteMany({}));

  const wait = async (names: string[], wholeness: Wholeness, withinMs: number, signal?: AbortSignal) => {
    const startedAt = performance.now();
    const problem = await awaitCopies(database, rule, names, wholeness, withinMs, signal).catch(
      (error: Error) => error.message,
    );
    return { problem, ms: performance.now() - startedAt };
  };

  it('ends when all copies have been complete for 2 s', async () => {
    await put(shell, 'a', [0, 1, 2, 3]);
    await put(shell, 'b', [0, 1, 2]);
    const waiting = wait(['a', 'b'], 'full', 20_000);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await put(shell, 'b', [0, 1, 2, 3]);
    const { problem, ms } = await waiting;
    expect(problem).to.equal(undefined);
    expect(ms).to.be.above(2_400);
  });

  it('throws after its deadline with what is missing', async () => {
    await put(shell, 'a', [0, 1, 2, 3]);
    await put(shell, 'b', [0, 1], { state: 'restoring' });
    const { problem } = await wait(['a', 'b'], 'full', 500);
    expect(problem).to.equal('Not complete after 1 s: b is restoring');
  });

  it('waits longer for `atRest` while surplus replicas remain', async () => {
    for (const name of ['a', 'b', 'c']) await put(shell, name, [0, 1, 2, 3]);
    expect((await wait(['a', 'b', 'c'], 'full', 4_000)).problem).to.equal(undefined);
    expect((await wait(['a', 'b', 'c'], 'atRest', 4_000)).problem).to.equal(
      'Not complete after 4 s: partitions are still moving',
    );
  });

  it('ends when the signal aborts', async () => {
    const { ms, problem } = await wait(['a'], 'full', 20_000, AbortSignal.timeout(300));
    expect(problem).not.to.equal(undefined);
    expect(ms).to.be.below(5_000);
  });
});

const put = async (shell: Shell, name: string, partitions: number[], more: Partial<AggregatorDocument> = {}) => {
  const document = { partitions, warming: [], state: 'serving' as const, ...more };
  await shell.aggregators.updateOne({ _id: name }, [{ $set: { ...document, heartbeatAt: '$$NOW' } }], { upsert: true });
};
