import { type Call, checkAll, isWrite, readLog, startLoad, stopLoad, untilAnswered } from '@muster/chaos';
import { openOwnServer, openTestSystem, type TestSystem } from '@muster/testing';
import { expect } from 'chai';
import { type CutProxy, openCutProxy } from './cut-proxy.ts';

describe('On a bad network between Muster and its MongoDB', () => {
  let test: TestSystem;
  let proxy: CutProxy;
  const history: Call[] = [];
  const opened: AsyncDisposable[] = [];
  before(async () => {
    const server = await openOwnServer();
    opened.push(server);
    proxy = await openCutProxy(server);
    opened.push(proxy);
    test = await openTestSystem({ mongodbUri: proxy.uri });
    opened.push(test);
  });
  after(async () => {
    for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
  });

  const withLoad = async (answers: number): Promise<Call[]> => {
    const load = await startLoad(test.urls);
    await untilAnswered(load, answers).finally(() => stopLoad(load));
    Object.assign(proxy, { isUnheard: () => false, isCut: () => false, lateMs: () => 0 });
    history.push(...load.calls);
    expect((await checkAll(test, history)).slice(0, 20)).to.deep.equal([]);
    return load.calls;
  };

  /** Returns a function that is true for every `nth` append. */
  const everyAppend = (nth: number) => {
    let appends = 0;
    return ({ name, collection }: { name: string; collection: string }) => {
      if (name !== 'insert' || collection !== 'Events') return false;
      appends += 1;
      return appends % nth === 0;
    };
  };

  it('an append whose answer is lost is stored exactly once', async () => {
    const isLost = everyAppend(7);
    const lost = { appends: 0 };
    proxy.isUnheard = (command) => {
      if (!isLost(command)) return false;
      lost.appends += 1;
      return true;
    };
    const calls = await withLoad(800);
    expect(lost.appends).to.be.above(5);
    const { byRequest } = await readLog(test);
    expect(
      calls.filter((call) => isWrite(call) && call.outcome === 'unknown' && !byRequest.has(call.requestId)),
    ).to.deep.equal([]); // each unknown write was stored
    expect(calls.filter((call) => isWrite(call) && call.outcome === 'ok').length).to.be.above(100);
  });

  it('an append that never arrives is answered in time and correctly', async () => {
    proxy.isCut = everyAppend(40);
    const calls = await withLoad(400);
    expect(proxy.cut.filter(({ collection }) => collection === 'Events')).not.to.deep.equal([]);
    expect(calls.filter(({ status }) => status === undefined)).to.deep.equal([]);
  });

  // A late change stream leaves aggregators behind the answers of the gateway. A replica waits longer than 40 ms, but
  // not 300 ms.
  for (const lateMs of [40, 300]) {
    it(`no later answer is older when the change streams of the aggregators are ${lateMs} ms late`, async () => {
      proxy.lateMs = ({ name }) => (name === 'getMore' ? lateMs : 0);
      const calls = await withLoad(800);
      expect(calls.filter(({ outcome }) => outcome === 'unknown' || outcome === 'notWritten')).to.deep.equal([]);
      expect(
        calls.filter(({ op, returned, source }) => op === 'read' && returned > 0 && source?.startsWith('aggregator')),
      ).not.to.deep.equal([]);
    });
  }
});
