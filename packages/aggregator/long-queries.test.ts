import { expect } from 'chai';
import { beginQuery, endQuery, openLongQueries, runPaced } from './long-queries.ts';

/** Work of this many steps, each about a millisecond long. */
function* work(steps: number, done: number[], name: number): Generator<void, number> {
  for (let step = 0; step < steps; step += 1) {
    for (const from = performance.now(); performance.now() - from < 1; );
    yield;
  }
  done.push(name);
  return name;
}

describe('Long queries', () => {
  it('are done in turns, so that other work goes on', async () => {
    const queries = openLongQueries();
    const pace = beginQuery(queries, 5_000);
    const done: number[] = [];
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    expect(await runPaced(pace, work(60, done, 1))).to.equal(1);
    clearInterval(timer);
    endQuery(pace);
    expect(turns).to.be.above(3);
    expect(pace.paused).to.equal(true);
    expect(queries).to.deep.equal({ free: 2, waiting: new Set() });
  });

  it('do not pause if they are short', async () => {
    const pace = beginQuery(openLongQueries(), 5_000);
    expect(await runPaced(pace, work(0, [], 1))).to.equal(1);
    expect([pace.paused, pace.hasPlace]).to.deep.equal([false, false]);
    endQuery(pace);
  });

  it('run two at a time, and each of the others gets its turn', async () => {
    const queries = openLongQueries();
    const done: number[] = [];
    let atWork = 0;
    let most = 0;
    const run = async (name: number) => {
      const pace = beginQuery(queries, 30_000);
      const result = await runPaced(pace, watched(work(30, done, name)));
      endQuery(pace);
      return result;
    };
    function* watched(own: Generator<void, number>): Generator<void, number> {
      yield* work(6, [], 0); // longer than a turn: from here on it has a place
      atWork += 1;
      most = Math.max(most, atWork);
      const result = yield* own;
      atWork -= 1;
      return result;
    }
    expect(await Promise.all([1, 2, 3, 4, 5].map(run))).to.deep.equal([1, 2, 3, 4, 5]);
    expect(done).to.have.members([1, 2, 3, 4, 5]);
    expect(most).to.be.at.most(2);
    expect(queries).to.deep.equal({ free: 2, waiting: new Set() });
  });

  it('end when their time is up, also while they wait, and give their places back', async () => {
    const queries = openLongQueries();
    const run = async () => {
      const pace = beginQuery(queries, 60);
      const result = await runPaced(pace, work(100_000, [], 1));
      endQuery(pace);
      return result;
    };
    expect(await Promise.all([run(), run(), run(), run()])).to.deep.equal(Array(4).fill(undefined));
    expect(queries).to.deep.equal({ free: 2, waiting: new Set() });
  });
});
