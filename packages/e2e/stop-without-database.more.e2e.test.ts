import { checkAnswers, readLog } from '@muster/chaos';
import { killProcess, processOf } from '@muster/supervisor';
import { call, openTestSystem, startAgain, stopGently, type TestSystem } from '@muster/testing';
import { expect } from 'chai';
import { createUsers } from './write-users.ts';

const aggregators = ['aggregator-0', 'aggregator-1', 'aggregator-2'];

describe('A Muster that is stopped without its MongoDB', () => {
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

  it('exits by itself with code 0, and misses no event after a restart', async () => {
    const ids = await createUsers(test.url, 'away', 30);
    await killProcess(test.system, 'mongodb', 'SIGSTOP');
    const exits = await stopGently(test, 'gateway', ...aggregators);
    // exit code 0: they ended before the supervisor would have killed them
    expect(exits).to.deep.equal(exits.map(() => ({ code: 0, signal: null })));
    await killProcess(test.system, 'mongodb', 'SIGCONT');
    await startAgain(test, 'gateway', ...aggregators);
    expect(processOf(test.system, 'gateway').ready?.port).to.equal(Number(new URL(test.url).port));
    expect((await call(test.url, 'GET', `/api/user/${ids[0]}`)).status).to.equal(200);
    expect((await checkAnswers(test, await readLog(test), 'memory')).slice(0, 20)).to.deep.equal([]);
  });
});
