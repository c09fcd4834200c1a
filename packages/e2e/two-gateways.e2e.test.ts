import { checkAll, checkAnswers, readLog, startLoad, stopLoad, untilAnswered } from '@muster/chaos';
import { call, forAll, killForGood, openTestSystem, type Reply, startAgain, type TestSystem } from '@muster/testing';
import { expect } from 'chai';
import { ada } from './write-users.ts';

const statusOf = ({ status }: Reply) => status;

describe('Two gateways', () => {
  let test: TestSystem;
  before(async () => {
    test = await openTestSystem({ gateways: 2 });
  });
  after(() => test[Symbol.asyncDispose]());

  const ask = (gateway: number, method: string, path: string, options?: Parameters<typeof call>[3]) =>
    call(test.urls[gateway % 2] ?? '', method, path, options);
  const versionsOf = async (entityId: string) =>
    (await test.shell.events.find({ entityId }).sort({ version: 1 }).toArray()).map(({ version }) => version);

  it('give correct answers under a load of mixed writes and reads on both', async () => {
    const load = await startLoad(test.urls);
    await untilAnswered(load, 1_500).finally(() => stopLoad(load));
    expect(load.calls.filter(({ outcome }) => outcome === 'unknown' || outcome === 'notWritten')).to.deep.equal([]);
    expect((await checkAll(test, load.calls)).slice(0, 20)).to.deep.equal([]);
  });

  it('answer 256 concurrent writers of one user, half on each, and keep its versions dense', async () => {
    await ask(0, 'POST', '/api/user', { body: { id: 'hot', ...ada } });
    const replies = await Promise.all(
      Array.from({ length: 256 }, (_, index) => ask(index, 'PUT', '/api/user/hot', { body: { group: 1_000 + index } })),
    );
    expect(replies.filter(({ status }) => status !== 200).map(({ text }) => text)).to.deep.equal([]);
    expect(await versionsOf('hot')).to.deep.equal(Array.from({ length: 257 }, (_, index) => index + 1));
    expect(new Set(replies.map(({ headers }) => headers.get('etag'))).size).to.equal(256);
  });

  it('accept one of two concurrent creates of the same id and refuse the other', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `both-${index}`);
    for (const id of ids) {
      const replies = await Promise.all(
        [0, 1].map((gateway) => ask(gateway, 'POST', '/api/user', { body: { id, ...ada, group: gateway } })),
      );
      expect(replies.map(statusOf).sort(), id).to.deep.equal([201, 409]);
      const winner = replies.findIndex(({ status }) => status === 201);
      const read = await ask(1 - winner, 'GET', `/api/user/${id}`, { headers: { 'muster-min-version': '1' } });
      expect(read.body.group, id).to.equal(winner);
    }
    expect(await Promise.all(ids.map(versionsOf))).to.deep.equal(ids.map(() => [1]));
  });

  it('accept one of two concurrent deletes of the same user and refuse the other', async () => {
    for (let index = 0; index < 20; index += 1) {
      await ask(0, 'POST', '/api/user', { body: { id: `gone-${index}`, ...ada } });
      const replies = await Promise.all([0, 1].map((gateway) => ask(gateway, 'DELETE', `/api/user/gone-${index}`)));
      expect(replies.map(statusOf).sort(), String(index)).to.deep.equal([204, 410]);
      expect(await versionsOf(`gone-${index}`)).to.deep.equal([1, 2]);
    }
  });

  for (const { way, aggregators } of [
    { way: 'from memory', aggregators: [] },
    { way: 'with every aggregator down', aggregators: ['aggregator-0', 'aggregator-1', 'aggregator-2'] },
  ]) {
    it(`return what the other gateway wrote to a client that passes on its version, ${way}`, async () => {
      await killForGood(test, ...aggregators);
      const ids = Array.from({ length: 20 }, (_, index) => `across-${aggregators.length}-${index}`);
      await forAll(ids, 8, async (id, index) => {
        let seen = (await ask(index, 'POST', '/api/user', { body: { id, ...ada } })).headers.get('etag') ?? '';
        for (let turn = 1; turn <= 10; turn += 1) {
          const gateway = index + turn;
          const read = await ask(gateway, 'GET', `/api/user/${id}`, {
            headers: { 'muster-min-version': seen.replaceAll('"', '') },
          });
          expect([read.status, read.headers.get('etag'), read.body.group], `${id}, turn ${turn}`).to.deep.equal([
            200,
            `"${turn}"`,
            turn,
          ]);
          // the other gateway decides on the write of the first one, without a version from the client
          seen =
            (await ask(gateway, 'PUT', `/api/user/${id}`, { body: { group: turn + 1 } })).headers.get('etag') ?? '';
          expect(seen, id).to.equal(`"${turn + 1}"`);
        }
      });
      const folded = await readLog(test);
      for (const url of test.urls)
        expect(
          (await checkAnswers(test, folded, aggregators.length > 0 ? 'database' : 'memory', url)).slice(0, 20),
        ).to.deep.equal([]);
      await startAgain(test, ...aggregators);
    });
  }
});
