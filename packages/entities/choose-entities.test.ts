import { checkDistinct } from '@muster/model';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { chooseEntities, entities, systems } from './index.ts';

const namesOf = (text: string) => {
  const chosen = chooseEntities(text);
  return chosen.kind === 'entities' ? chosen.entities.map(({ name }) => name) : chosen.problem;
};

describe('The systems that can run', () => {
  it('are users alone unless something else is chosen', () => {
    expect(namesOf('')).to.deep.equal(['user']);
    expect(entities.map(({ name }) => name)).to.deep.equal(['user']);
  });

  it('run together', () => {
    const all = Object.values(systems).flat();
    expect(namesOf('all')).to.deep.equal(all.map(({ name }) => name));
    expect(namesOf('users, all')).to.deep.equal(all.map(({ name }) => name));
    expect(() => checkDistinct(all)).not.to.throw();
  });

  it('are refused by a wrong name with those that there are', () => {
    expect(namesOf('users,cars')).to.include('no system "cars"').and.to.include('users');
    expect(namesOf('toString')).to.include('no system "toString"');
  });
});
