import { expect } from 'chai';
import type { LoadOptions } from './bench-assets.ts';
import { findProblem, openProgram } from './options.ts';

const parse = (...words: string[]): LoadOptions => {
  const program = openProgram().configureOutput({ writeErr: () => undefined });
  return program.parse(words, { from: 'user' }).opts();
};

describe('The options of bench:assets', () => {
  it('are the load of the original by default', () =>
    expect(parse()).to.deep.equal({ rate: 150, seconds: 10, rounds: 3, seed: 1 }));
  it('refuse what is no integer above 0', () => {
    for (const text of ['0', '-1', '1.5', 'fast'])
      expect(() => parse('--rate', text), text).to.throw('expected an integer above 0');
  });
  it('refuse a round of more requests than vegeta should keep', () => {
    expect(findProblem(parse('--rate', '1000', '--seconds', '1001'))).to.contain('1001000 requests, at most 1000000');
    expect(findProblem(parse('--rate', '1000', '--seconds', '1000'))).to.equal(undefined);
  });
});
