import { entities } from '@muster/entities';
import { parseInput } from '@muster/model';
import { expect } from 'chai';
import { makeUser } from './make-user.ts';

const [user] = entities;
if (!user) throw new Error('Cannot test without an entity');
const indexes = Array.from({ length: 2_000 }, (_, index) => index);

describe('A seeded user', () => {
  it('is the same for the same seed and number', () => expect(makeUser(7, 41)).to.deep.equal(makeUser(7, 41)));

  it('is accepted by the API', () => {
    for (const index of indexes) {
      const { id, fields } = makeUser(1, index);
      expect(parseInput(user.creating, { id, ...fields }).kind, JSON.stringify(fields)).to.equal('input');
    }
  });

  it('has a unique id, also across seeds', () => {
    const ids = [1, 2, 3].flatMap((seed) => indexes.map((index) => makeUser(seed, index).id));
    expect(new Set(ids).size).to.equal(ids.length);
  });

  it('shares names and groups with others', () => {
    const groups = new Set(indexes.map((index) => makeUser(1, index).fields.group));
    const names = new Set(indexes.map((index) => makeUser(1, index).fields.name));
    expect(groups.size).to.be.within(50, 200);
    expect(names.size).to.be.within(500, 1_999);
  });
});
