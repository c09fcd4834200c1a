import type { State } from '@muster/model';
import { commandOf, until } from '@muster/testing';
import { expect } from 'chai';
import type { Bound } from './outcome.ts';
import { endStuckTurns, openTurns, type RunTurn, type Task, takeTurn } from './turns.ts';

const at = (version: number): State => ({ status: 'absent', version });

/** A task whose deadline serves as its name. */
const taskOf = (name: number): Task => {
  const command = commandOf('delete');
  const request = { deadlineAt: name, command } as Bound;
  return { request, command, settle: () => undefined, fail: () => undefined };
};

/** Turns that the test ends one by one, each with the state that it leaves. */
const openRuns = () => {
  const begun: { names: number[]; former: number | undefined }[] = [];
  const ends: ((left: State | undefined) => void)[] = [];
  const run: RunTurn = (tasks, former) => {
    begun.push({ names: tasks.map(({ request }) => request.deadlineAt), former: former?.version });
    return new Promise((resolve) => ends.push(resolve));
  };
  return { begun, run, end: (left?: State) => ends.shift()?.(left) };
};

describe('Turns on a stream', () => {
  it('begin at once, and take all tasks that wait together, in order, with the state of the former turn', async () => {
    const turns = openTurns();
    const { begun, run, end } = openRuns();
    for (const name of [1, 2, 3]) expect(takeTurn(turns, 'key', 10, taskOf(name), run)).to.equal(true);
    expect(begun).to.deep.equal([{ names: [1], former: undefined }]);
    end(at(7));
    await until('the second turn has begun', () => begun.length === 2);
    expect(begun[1]).to.deep.equal({ names: [2, 3], former: 7 });
    end();
    await until('the stream is forgotten', () => turns.size === 0);
    takeTurn(turns, 'key', 10, taskOf(4), run);
    expect(begun[2]).to.deep.equal({ names: [4], former: undefined });
  });

  it('take at most 100 tasks', async () => {
    const turns = openTurns();
    const { begun, run, end } = openRuns();
    for (let name = 0; name <= 150; name += 1) takeTurn(turns, 'key', 1_000, taskOf(name), run);
    for (const count of [2, 3]) {
      end();
      await until('the next turn has begun', () => begun.length === count);
    }
    expect(begun.map(({ names }) => names.length)).to.deep.equal([1, 100, 50]);
  });

  it('do not delay another stream, and refuse a task when too many wait', () => {
    const turns = openTurns();
    const { begun, run } = openRuns();
    const taken = [1, 2, 3, 4].map((name) => takeTurn(turns, 'key', 2, taskOf(name), run));
    expect(taken).to.deep.equal([true, true, true, false]); // one runs, two wait
    expect(takeTurn(turns, 'other', 2, taskOf(5), run)).to.equal(true);
    expect(begun.map(({ names }) => names)).to.deep.equal([[1], [5]]);
  });

  it('that never end are given up, and the tasks that wait run without their state', async () => {
    const turns = openTurns();
    const { begun, run, end } = openRuns();
    for (const name of [1, 2, 3]) takeTurn(turns, 'key', 10, taskOf(name), run);
    endStuckTurns(turns, 60_000, () => run);
    expect(begun).to.have.length(1);
    endStuckTurns(turns, -1, () => run);
    expect(begun[1]).to.deep.equal({ names: [2], former: undefined });
    end(at(9)); // the stuck turn ends late: its state is discarded, and it takes nothing from the new turn
    await new Promise(setImmediate);
    expect(takeTurn(turns, 'key', 10, taskOf(4), run)).to.equal(true);
    expect(begun).to.have.length(2);
    end(at(4));
    await until('the others run', () => begun.length === 3);
    expect(begun[2]).to.deep.equal({ names: [3, 4], former: 4 });
    end();
    await until('the stream is forgotten', () => turns.size === 0);
  });
});
