import { checkSavedSets, readLog } from '@muster/chaos';
import { partitionOf } from '@muster/placement';
import type { StoredEvent } from '@muster/store';
import { processOf } from '@muster/supervisor';
import { call, eventually, forAll, killForGood, openTestSystem, type TestSystem } from '@muster/testing';
import { expect } from 'chai';
import { ada, createUsers } from './write-users.ts';

const aggregators = ['aggregator-0', 'aggregator-1', 'aggregator-2'];
const events = 60_000;
const megabyte = 1_048_576;

describe('A stream that is much longer than its snapshot', function () {
  this.timeout(180_000);
  let test: TestSystem;
  before(async () => {
    test = await openTestSystem();
    await createUsers(test.url, 'other', 200);
    await eventually(
      () => test.shell.db.collection('Users').countDocuments(),
      (saved) => saved === 200,
    );
    await killForGood(test, ...aggregators);
    await insertLong('long');
    await insertLong('longer');
  });
  after(() => test[Symbol.asyncDispose]());

  /** Writes a long stream directly into the log while no aggregator runs to save it. */
  const insertLong = async (id: string) => {
    const partition = partitionOf('user', id, 32);
    for (let version = 1; version <= events; version += 2_000)
      await test.shell.events.insertMany(
        Array.from({ length: 2_000 }, (_, index) => storedEvent(id, partition, version + index)),
        { ordered: false },
      );
  };

  const storedEvent = (entityId: string, partition: number, version: number): StoredEvent => ({
    _id: `${entityId}-${version}`,
    ...{ entity: 'user', entityId, version, partition, at: new Date(), meta: { requestId: 'by hand' } },
    ...(version === 1 ? { type: 'UserCreated', data: ada } : { type: 'UserUpdated', data: { group: version } }),
  });

  /** The resident memory of the gateway, in bytes. */
  const gatewayMemory = async (): Promise<number> => {
    const metrics = await (
      await fetch(`http://127.0.0.1:${processOf(test.system, 'gateway').ready?.healthPort}/metrics`)
    ).text();
    return Number(/^process_resident_memory_bytes(?:\{.*\})? (\S+)$/m.exec(metrics)?.[1]);
  };

  it('is answered or refused in time and with little memory, and other requests are not affected', async () => {
    const before = await gatewayMemory();
    const memory: number[] = [];
    const reading = forAll(Array.from({ length: 60 }), 30, async (_, index) => {
      const reply = await call(test.url, 'GET', `/api/user/${index % 2 === 0 ? 'long' : 'longer'}`);
      memory.push(await gatewayMemory());
      return reply;
    });
    const others = await forAll(Array.from({ length: 20 }), 1, async (_, index) => [
      await call(test.url, 'GET', '/api/user/count'),
      await call(test.url, 'GET', '/api/user?limit=50'),
      await call(test.url, 'GET', `/api/user/other-${index}`),
    ]);
    for (const { status, ms, body } of await reading) {
      expect(status).to.be.oneOf([200, 503]);
      if (status === 200) expect(body.group).to.equal(events);
      expect(ms).to.be.below(5_000); // about 1.7 s on a machine that does not stall
    }
    expect(others.flat().map(({ status }) => status)).to.deep.equal(others.flat().map(() => 200));
    expect((Math.max(...memory) - before) / megabyte).to.be.below(100);
    expect((await checkSavedSets(test.url, await readLog(test))).slice(0, 20)).to.deep.equal([]);
  });
});
