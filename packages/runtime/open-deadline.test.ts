import { once } from 'node:events';
import { expect } from 'chai';
import { openDeadline } from './open-deadline.ts';

describe('A deadline', () => {
  it('aborts after its time, as a timeout', async () => {
    using deadline = openDeadline(10);
    await once(deadline.signal, 'abort');
    expect(deadline.signal.reason.name).to.equal('TimeoutError');
  });

  it('aborts with another signal, also one that has aborted before', () => {
    const stop = new AbortController();
    using first = openDeadline(60_000, stop.signal);
    expect(first.signal.aborted).to.equal(false);
    stop.abort('enough');
    expect([first.signal.aborted, first.signal.reason]).to.deep.equal([true, 'enough']);
    using second = openDeadline(60_000, stop.signal);
    expect(second.signal.aborted).to.equal(true);
  });

  it('does not abort after it was disposed', async () => {
    const stop = new AbortController();
    const { signal, [Symbol.dispose]: close } = openDeadline(5, stop.signal);
    close();
    stop.abort();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(signal.aborted).to.equal(false);
  });
});
