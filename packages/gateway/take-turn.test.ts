import { until } from '@muster/testing';
import { expect } from 'chai';
import { openTurns, type Turns, takeTurn } from './take-turn.ts';

/** A task that the test ends. */
const openTask = () => {
  const ends: { resolve?: () => void; reject?: (error: Error) => void } = {};
  const ended = new Promise<void>((resolve, reject) => Object.assign(ends, { resolve, reject }));
  const formers: (string | undefined)[] = [];
  const run = async (former: string | undefined) => {
    formers.push(former);
    await ended;
    return { result: 'done', left: 'left' };
  };
  return { run, formers, end: () => ends.resolve?.(), fail: () => ends.reject?.(new Error('no')) };
};

const leaving = (result: string, left: string | undefined) => async () => ({ result, left });
const take = (
  turns: Turns,
  key: string,
  run: (former: string | undefined) => Promise<Ended>,
  waitingMax = 10,
  turnMs = 10_000,
) => takeTurn<string, string>(turns, key, { waitingMax, turnMs }, run);
type Ended = { result: string; left: string | undefined };

describe('Turns on a stream', () => {
  it('run one at a time, in the order of the calls, each with what the previous one left', async () => {
    const turns = openTurns();
    const seen: string[] = [];
    const step = (name: string) => async (former: string | undefined) => {
      seen.push(`${name} begins with ${former}`);
      await new Promise(setImmediate);
      seen.push(`${name} ends`);
      return { result: name, left: `what ${name} left` };
    };
    const results = await Promise.all(['a', 'b', 'c'].map((name) => take(turns, 'key', step(name))));
    expect(results).to.deep.equal(['a', 'b', 'c']);
    expect(seen).to.deep.equal([
      ...['a begins with undefined', 'a ends', 'b begins with what a left', 'b ends'],
      ...['c begins with what b left', 'c ends'],
    ]);
  });

  it('get undefined when the previous one left nothing', async () => {
    const turns = openTurns();
    const last = openTask();
    last.end();
    await Promise.all([
      take(turns, 'key', leaving('a', 'x')),
      take(turns, 'key', leaving('b', undefined)),
      take(turns, 'key', last.run),
    ]);
    expect(last.formers).to.deep.equal([undefined]);
  });

  it('of one stream do not delay another stream', async () => {
    const turns = openTurns();
    const slow = openTask();
    const waiting = take(turns, 'slow', slow.run);
    expect(await take(turns, 'quick', leaving('quick', undefined))).to.equal('quick');
    slow.end();
    expect(await waiting).to.equal('done');
  });

  it('are refused at once when too many wait, and accepted when there is room again', async () => {
    const turns = openTurns();
    const slow = openTask();
    const waiting = [take(turns, 'key', slow.run, 2), take(turns, 'key', leaving('second', undefined), 2)];
    expect(await take(turns, 'key', leaving('third', undefined), 2)).to.equal(undefined);
    expect(await take(turns, 'other', leaving('other', undefined), 2)).to.equal('other');
    slow.end();
    expect(await Promise.all(waiting)).to.deep.equal(['done', 'second']);
    expect(await take(turns, 'key', leaving('third', undefined), 2)).to.equal('third');
  });

  it('continue with undefined after a task that throws, and only its caller gets the error', async () => {
    const turns = openTurns();
    const failing = openTask();
    const next = openTask();
    next.end();
    const failed = take(turns, 'key', failing.run, 2).catch((error: Error) => error.message);
    const waiting = take(turns, 'key', next.run, 2);
    failing.fail();
    expect(await failed).to.equal('no');
    expect(await waiting).to.equal('done');
    expect(next.formers).to.deep.equal([undefined]);
    const thrown = await take(turns, 'key', () => Promise.reject(new Error('again'))).catch(String);
    expect(thrown).to.equal('Error: again');
    await until('the stream is forgotten', () => turns.size === 0);
  });

  it('continue after the time limit of a task that never ends', async () => {
    const turns = openTurns();
    const endless = openTask();
    const next = openTask();
    next.end();
    void take(turns, 'key', endless.run, 10, 20);
    expect(await take(turns, 'key', next.run, 10, 20)).to.equal('done');
    expect(next.formers).to.deep.equal([undefined]);
    await until('the stream is forgotten', () => turns.size === 0);
  });

  it('leave nothing behind when no task waits', async () => {
    const turns = openTurns();
    const slow = openTask();
    const waiting = take(turns, 'key', slow.run);
    expect(turns.size).to.equal(1);
    slow.end();
    await waiting;
    await until('the stream is forgotten', () => turns.size === 0);
    expect(await take(turns, 'key', async (former) => ({ result: String(former), left: undefined }))).to.equal(
      'undefined',
    );
  });
});
