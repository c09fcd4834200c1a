import { expect } from 'chai';
import { aborted } from './aborted.ts';

describe('Waiting for a signal to abort', () => {
  it('resolves when the signal aborts, and not before', async () => {
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

  it('resolves at once when the signal has aborted', () => aborted(AbortSignal.abort()));
});
