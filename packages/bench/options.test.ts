import { expect } from 'chai';
import { openProgram, parseCounts, requestOf } from './options.ts';
import { rows } from './rows.ts';

const parse = (...words: string[]) => {
  const program = openProgram(rows).configureOutput({ writeErr: () => undefined });
  program.parse(words, { from: 'user' });
  return requestOf(program.opts(), rows);
};
const requested = (...words: string[]) => {
  const found = parse(...words);
  if (found.kind === 'problem') throw new Error(found.problem);
  return found.request;
};

describe('The options of the benchmark', () => {
  it('measure all rows in five rounds by default', () => {
    const { rows: chosen, options, isPinned, guard, isRecorded } = requested();
    expect(chosen).to.deep.equal(rows);
    expect(options).to.deep.equal({ seconds: 5, rounds: 5, users: 100_000, trials: 5, sizes: [10_000, 100_000] });
    expect({ isPinned, guard, isRecorded }).to.deep.equal({ isPinned: true, guard: 'no', isRecorded: false });
  });
  it('choose some rows, in the usual order', () =>
    expect(requested('--only', 'hot, get').rows.map(({ name }) => name)).to.deep.equal(['get', 'hot']));
  it('refuse unknown rows, and list those that exist', () =>
    expect(parse('--only', 'get,fast')).to.deep.equal({
      kind: 'problem',
      problem: `Cannot measure "fast": the rows are ${rows.map(({ name }) => name).join(', ')}`,
    }));
  it('sort the sizes', () => expect(parseCounts('1000000, 10000')).to.deep.equal([10_000, 1_000_000]));
  it('refuse what is no count', () => {
    for (const words of [
      ['--rounds', '0'],
      ['--sizes', '10,x'],
      ['--seconds', '1.5'],
    ])
      expect(() => parse(...words), words.join(' ')).to.throw('expected an integer above 0');
  });
  it('let the guard measure only what it compares', () => {
    const { rows: chosen, guard, isRecorded } = requested('--guard');
    expect({ names: chosen.map(({ name }) => name), guard, isRecorded }).to.deep.equal({
      ...{ names: ['get', 'post'], guard: 'compare', isRecorded: false },
    });
    expect(requested('--guard', '--record')).to.include({ guard: 'store', isRecorded: false });
    expect(requested('--record')).to.include({ guard: 'no', isRecorded: true });
  });
  it('make a quick run small', () =>
    expect(requested('--quick').options).to.include({ seconds: 1, rounds: 1, users: 2_000 }));
});

describe('The rows of the benchmark', () => {
  it('have different names', () => expect(new Set(rows.map(({ name }) => name)).size).to.equal(rows.length));
});
