import { type Call, checkAll, readLog, startLoad, stopLoad, untilAnswered } from '@muster/chaos';
import type { Inspected } from '@muster/testing';
import { expect } from 'chai';

/**
 * Runs `body` under a load. Expects that no call fails and all answers are correct, also those of `body`'s own calls.
 */
export const underLoad = async (test: Inspected, body: () => Promise<readonly Call[]>): Promise<void> => {
  const earlier = await readLog(test);
  const load = await startLoad([test.url], { sessions: 8 });
  await untilAnswered(load, 200);
  const own = await body().finally(() => stopLoad(load));
  const calls = [...load.calls, ...own];
  expect(calls.filter(isFailed).slice(0, 20)).to.deep.equal([]);
  expect((await checkAll(test, calls, earlier)).slice(0, 20)).to.deep.equal([]);
};

const isFailed = ({ outcome }: Call): boolean => outcome === 'unknown' || outcome === 'notWritten';
