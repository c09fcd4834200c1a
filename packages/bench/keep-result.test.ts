import { expect } from 'chai';
import { placeFigures } from './keep-result.ts';

describe('The figures in the chapter on performance', () => {
  const [begin, end] = ['<!-- figures: npm run bench -- --record -->', '<!-- end of figures -->'];
  it('replace the former ones', () =>
    expect(placeFigures(`before\n${begin}\nold\n${end}\nafter`, '| new |')).to.equal(
      `before\n${begin}\n\n| new |\n\n${end}\nafter`,
    ));
  it('need their marks', () =>
    expect(() => placeFigures('no marks', 'new')).to.throw('expected the lines <!-- figures'));
});
