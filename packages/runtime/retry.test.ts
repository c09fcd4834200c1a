import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { backOffMs, nextStepMs, pause, repeat, repeatInStep, retryUntil } from './retry.ts';

const never = () => new AbortController().signal;

describe('The pause before the next try', () => {
  it('doubles up to its maximum, reduced by at most one half', () => {
    for (let failures = 0; failures < 2_000; failures += 1) {
      const whole = Math.min(5_000, 50 * 2 ** failures);
      expect(backOffMs(failures)).to.be.within(whole / 2, whole);
    }
    expect(backOffMs(3, 20, 1_000)).to.be.within(80, 160);
    expect(backOffMs(30, 20, 1_000)).to.be.within(500, 1_000);
  });

  it('is random', () => expect(new Set(Array.from({ length: 20 }, () => backOffMs(5))).size).to.be.above(15));

  it('ends early when the signal aborts, and throws nothing', async () => {
    const stop = new AbortController();
    const paused = pause(60_000, stop.signal);
    stop.abort();
    await paused;
    await pause(60_000, stop.signal);
    expect(getEventListeners(stop.signal, 'abort')).to.have.length(0);
  });
});

describe('Retrying', () => {
  it('returns the first result, and reports each failure before it', async () => {
    const reported: [string, number][] = [];
    const outcomes = [new Error('first'), new Error('second'), 'done'];
    const attempt = async () => {
      const outcome = outcomes.shift();
      if (outcome instanceof Error) throw outcome;
      return outcome;
    };
    expect(await retryUntil(attempt, never(), (error, failures) => reported.push([String(error), failures]))).to.equal(
      'done',
    );
    expect(reported).to.deep.equal([
      ['Error: first', 1],
      ['Error: second', 2],
    ]);
  });

  it('stops during a pause when the signal aborts', async () => {
    const stop = new AbortController();
    let attempts = 0;
    const failing = async () => {
      attempts += 1;
      throw new Error('no');
    };
    const pausing: number[] = [];
    const abortSoon = () =>
      setImmediate(() => {
        // the pause listens to the signal, and so ends with it
        pausing.push(getEventListeners(stop.signal, 'abort').length);
        stop.abort();
      });
    expect(await retryUntil(failing, stop.signal, abortSoon)).to.equal(undefined);
    expect({ attempts, pausing }).to.deep.equal({ attempts: 1, pausing: [1] });
  });

  it('does nothing when the signal has aborted', async () => {
    const attempt = () => expect.fail('called after the abort');
    expect(await retryUntil(attempt, AbortSignal.abort(), attempt)).to.equal(undefined);
  });

  it('throws a final error at once', async () => {
    const final = new Error('never');
    const failure = await retryUntil(
      () => Promise.reject(final),
      never(),
      () => expect.fail('a final error must not be retried'),
      (error) => error === final,
    ).catch((error: unknown) => error);
    expect(failure).to.equal(final);
  });
});

describe('Repeating a task', () => {
  it('continues after a failure, one call at a time, until the signal aborts', async () => {
    const stop = new AbortController();
    const reported: unknown[] = [];
    let running = 0;
    let rounds = 0;
    const task = async () => {
      running += 1;
      expect(running).to.equal(1);
      await pause(2);
      running -= 1;
      rounds += 1;
      if (rounds === 5) stop.abort();
      if (rounds % 2 === 0) throw new Error(`round ${rounds}`);
    };
    await repeat(
      task,
      () => 1,
      stop.signal,
      (error) => reported.push(String(error)),
    );
    expect(rounds).to.equal(5);
    expect(reported).to.deep.equal(['Error: round 2', 'Error: round 4']);
  });

  it('does nothing when the signal has aborted', () =>
    repeat(
      () => expect.fail('called after the abort'),
      () => 1,
      AbortSignal.abort(),
      () => undefined,
    ));
});

describe('Repeating a task in step', () => {
  it('begins each call at a full step of the clock, whenever the first one began', async () => {
    const stop = new AbortController();
    const everyMs = 200;
    const clock = () => performance.now() + 1_000_000 - offset;
    const offset = performance.now() % everyMs; // the first call is half a step late
    await pause(everyMs / 2);
    const lateMs: number[] = [];
    const task = async () => {
      const late = clock() % everyMs;
      lateMs.push(Math.min(late, everyMs - late)); // a timer may be a little early
      if (lateMs.length === 6) stop.abort();
    };
    await repeatInStep(task, everyMs, clock, stop.signal, () => expect.fail('the task failed'));
    const [first = 0, ...others] = lateMs;
    expect(first).to.be.above(everyMs / 4);
    expect(Math.min(...others)).to.be.below(everyMs / 10);
    expect(others.sort((a, b) => a - b)[2], 'the median').to.be.below(everyMs / 4);
  });

  it('waits at most a tenth longer than a step, and not for a step after a slow call', () => {
    expect(nextStepMs(3, 5_003, 1_000)).to.equal(1_000);
    expect(nextStepMs(0, 5_400, 1_000)).to.equal(600);
    expect(nextStepMs(0, 5_899, 1_000)).to.equal(101);
    expect(nextStepMs(0, 5_999.5, 1_000), 'a timer was a little early').to.equal(1_001);
    expect(nextStepMs(600, 5_600, 1_000)).to.equal(1_000);
    expect(nextStepMs(1_000, 6_000.5, 1_000), 'a call that ended at its deadline').to.equal(1_000);
  });
});
