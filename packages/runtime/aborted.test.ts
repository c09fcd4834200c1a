import { expect } from 'chai';
import { aborted } from './aborted.ts';

describe('Waiting for a signal to abort', () => {
  it('ends when it aborts, and not before', async () => {
    const stop = new AbortController();
    let isOver = false;
    const waiting = aborted(stop.signal).then(() => {
      isOver = true;
    });
    await Promise.resolve();
    expect(isOver).to.equal(false);
    stop.abort();
    await waiting;
    expect(isOver).to.equal(true);
  });

  it('ends at once when it has aborted', () => aborted(AbortSignal.abort()));
});
