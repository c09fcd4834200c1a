import { type FeedEvent, type Status, type Subscription, subscribe } from '@muster/client';
import { call, killForGood, openTestSystem, startAgain, type TestSystem, until } from '@muster/testing';
import { expect } from 'chai';
import { ada } from './write-users.ts';

describe('A client of the feed', function () {
  this.timeout(120_000);
  let test: TestSystem;
  before(async () => {
    test = await openTestSystem({ gateways: 2, aggregators: 1 });
  });
  after(() => test[Symbol.asyncDispose]());

  const versionOf = ({ subject, version }: FeedEvent) => `${subject} ${version}`;
  const stored = async () =>
    (await test.shell.events.find().toArray()).map(({ entityId, version }) => `${entityId} ${version}`);
  const urlOf = (gateway: number) => test.urls[gateway % 2] ?? '';

  const nameOf = (gateway: number) => test.system.gateways[gateway] ?? '';

  it('misses nothing and gets nothing twice while the gateways that it is at are killed', async () => {
    const versions: string[] = [];
    const statuses: Status[] = [];
    const [chosen, stop] = [{ gateway: 0 }, { now: false }];
    const subscription: Subscription = subscribe(() => `${urlOf(chosen.gateway)}/api/events`, {
      maxPauseMs: 200,
      onEvent: (event) => versions.push(versionOf(event)),
      onStatus: (status) => {
        statuses.push(status);
        if (status.kind === 'stale') chosen.gateway += 1;
      },
    });
    const live = until('it is live', () => statuses.some(({ kind }) => kind === 'live') && subscription.position);
    const writing = live.then(() => writeUntil(stop));
    try {
      for (let round = 0; round < 4; round += 1) {
        const before = versions.length;
        await until('some events came', () => versions.length > before + 20, 30_000);
        const gateway = chosen.gateway % 2;
        await killForGood(test, nameOf(gateway));
        await until('it is at the other gateway', () => chosen.gateway % 2 !== gateway);
        const after = versions.length;
        await until('events come from there', () => versions.length > after + 5, 30_000);
        await startAgain(test, nameOf(gateway));
      }
      stop.now = true;
      await writing;
      const all = await stored();
      await until('all came', () => new Set(versions).size >= all.length, 30_000);
      expect([...versions].sort()).to.deep.equal(all.sort());
      expect(statuses.filter(({ kind }) => kind === 'live').length).to.be.within(5, 12);
    } finally {
      stop.now = true;
      await writing;
      subscription.close();
      await subscription.done;
    }
  });

  /** Writes at any gateway that answers. What a killed one left open may be in the log or not. */
  const writeUntil = async (stop: { now: boolean }): Promise<void> => {
    const write = (gateway: number, ...words: Parameters<typeof call> extends [string, ...infer Rest] ? Rest : never) =>
      call(urlOf(gateway), ...words).catch(() => undefined);
    for (let n = 0; !stop.now; n += 1) {
      await write(n, 'POST', '/api/user', { body: { id: `u${n}`, ...ada } });
      await write(n, 'PUT', `/api/user/u${n}`, { body: { group: n + 1 } });
    }
  };
});
