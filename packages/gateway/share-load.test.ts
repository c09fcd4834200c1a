import { expect } from 'chai';
import { type Loading, openLoads, shareLoad } from './share-load.ts';

/** Loads that the test ends. Records the start of each one. */
const openByHand = () => {
  const begun: { former: string | undefined; withinMs: number; end: (result: string | Error) => void }[] = [];
  const load: Loading<string> = (former, withinMs) =>
    new Promise((resolve, reject) =>
      begun.push({
        former,
        withinMs,
        end: (result) => (typeof result === 'string' ? resolve(result) : reject(result)),
      }),
    );
  return { begun, load, loads: openLoads<string>() };
};

const soon = () => performance.now() + 1_000;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Loads of one thing', () => {
  it('that are requested while one runs share the next one, which continues from its result', async () => {
    const { begun, load, loads } = openByHand();
    const first = shareLoad(loads, 'a', soon(), load);
    await settled();
    const others = Array.from({ length: 50 }, () => shareLoad(loads, 'a', soon(), load));
    await settled();
    expect(begun).to.have.length(1);
    begun[0]?.end('at version 3');
    expect(await first).to.equal('at version 3');
    await settled();
    expect(begun.map(({ former }) => former)).to.deep.equal([undefined, 'at version 3']);
    begun[1]?.end('at version 4');
    expect(new Set(await Promise.all(others))).to.deep.equal(new Set(['at version 4']));
    expect(loads.size).to.equal(0);
  });

  it('never return the result of a load that started before the call', async () => {
    const { begun, load, loads } = openByHand();
    const first = shareLoad(loads, 'a', soon(), load);
    const second = shareLoad(loads, 'a', soon(), load);
    await settled();
    begun[0]?.end('before the write');
    await first;
    await settled();
    const third = shareLoad(loads, 'a', soon(), load); // the second load is running
    begun[1]?.end('after the first');
    expect(await second).to.equal('after the first');
    await settled();
    expect(begun).to.have.length(3);
    begun[2]?.end('after the second');
    expect(await third).to.equal('after the second');
    expect(loads.size).to.equal(0);
  });

  it('that fail reject all their callers, and the next one starts without a former result', async () => {
    const { begun, load, loads } = openByHand();
    const first = shareLoad(loads, 'a', soon(), load).catch((error: Error) => error.message);
    const second = shareLoad(loads, 'a', soon(), load);
    await settled();
    begun[0]?.end(new Error('too late'));
    expect(await first).to.equal('too late');
    await settled();
    expect(begun[1]?.former).to.equal(undefined);
    begun[1]?.end('all');
    expect(await second).to.equal('all');
    expect(loads.size).to.equal(0);
  });

  it('may run until the latest deadline of their callers', async () => {
    const { begun, load, loads } = openByHand();
    const first = shareLoad(loads, 'a', performance.now() + 100, load);
    await settled();
    const others = [200, 9_000, 300].map((ms) => shareLoad(loads, 'a', performance.now() + ms, load));
    begun[0]?.end('one');
    await first;
    await settled();
    expect(begun[0]?.withinMs).to.be.within(1, 100);
    expect(begun[1]?.withinMs).to.be.within(8_000, 9_000);
    begun[1]?.end('two');
    await Promise.all(others);
  });

  it('of different things do not wait for each other', async () => {
    const { begun, load, loads } = openByHand();
    const [one, two] = [shareLoad(loads, 'a', soon(), load), shareLoad(loads, 'b', soon(), load)];
    await settled();
    expect(begun).to.have.length(2);
    begun[1]?.end('b');
    expect(await two).to.equal('b');
    begun[0]?.end('a');
    expect(await one).to.equal('a');
    expect(loads.size).to.equal(0);
  });
});
