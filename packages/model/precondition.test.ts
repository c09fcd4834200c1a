import { at, commandOf, note } from '@muster/testing';
import { expect } from 'chai';
import { decide } from './decide.ts';
import { hasPassed, meets, type Precondition } from './precondition.ts';
import { absent, type State } from './state.ts';

const active: State = {
  status: 'active',
  version: 3,
  createdAt: at(1),
  updatedAt: at(3),
  fields: { text: 'a', stars: 1 },
};
const deleted: State = { status: 'deleted', version: 4, createdAt: at(1), deletedAt: at(4) };

describe('A precondition', () => {
  it('is met as RFC 9110 says', () => {
    const table: [Precondition, boolean, boolean][] = [
      // of an active thing at version 3, of one that is not there
      [{}, true, true],
      [{ match: 'any' }, true, false],
      [{ match: [3] }, true, false],
      [{ match: [1, 3] }, true, false],
      [{ match: [2] }, false, false],
      [{ match: [] }, false, false],
      [{ noneMatch: 'any' }, false, true],
      [{ noneMatch: [3] }, false, true],
      [{ noneMatch: [2, 3] }, false, true],
      [{ noneMatch: [2] }, true, true],
      [{ noneMatch: [] }, true, true],
      [{ match: [3], noneMatch: [3] }, false, false],
    ];
    for (const [condition, ofActive, ofOthers] of table) {
      const what = JSON.stringify(condition);
      expect(meets(active, condition), what).to.equal(ofActive);
      expect(meets(absent, condition), what).to.equal(ofOthers);
      expect(meets(deleted, condition), what).to.equal(ofOthers);
    }
  });

  it('has passed when all its versions have', () => {
    expect(hasPassed({ match: [1, 2] }, 3)).to.equal(true);
    expect(hasPassed({ match: [] }, 0)).to.equal(true);
    for (const condition of [{ match: [2, 3] }, { match: [4] }, { match: 'any' }, { noneMatch: [3] }, {}] as const)
      expect(hasPassed(condition, 3), JSON.stringify(condition)).to.equal(false);
  });

  it('decides whether a command runs, after whether the thing is there', () => {
    const reasonOf = (name: string, state: State, precondition: Precondition) => {
      const decision = decide(note, { ...commandOf(name, { text: 'b', stars: 2 }), precondition }, state, at(5));
      return decision.kind === 'refused' ? decision.reason : decision.kind;
    };
    expect(reasonOf('update', active, { match: [2, 3] })).to.equal('event');
    expect(reasonOf('update', active, { noneMatch: [3] })).to.equal('OtherVersion');
    expect(reasonOf('update', absent, { match: 'any' })).to.equal('NotFound');
    expect(reasonOf('update', deleted, { match: [4] })).to.equal('Deleted');
    expect(reasonOf('create', absent, { noneMatch: 'any' })).to.equal('event');
    expect(reasonOf('create', active, { noneMatch: 'any' })).to.equal('OtherVersion');
    expect(reasonOf('create', deleted, { noneMatch: 'any' })).to.equal('Deleted');
    expect(reasonOf('create', absent, { match: 'any', noneMatch: 'any' })).to.equal('OtherVersion');
  });
});
