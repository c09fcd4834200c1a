import type { StoredEvent } from '@muster/store';
import { expect } from 'chai';
import { judgeSaved, type SavedSet } from './check-saved-sets.ts';
import { foldLog } from './fold-log.ts';
import { inOrder } from './walk-list.ts';

const ada = { name: 'Ada', email: 'ada@example.com', group: 1 };
const second = (seconds: number) => new Date(seconds * 1_000);

const stored = (entityId: string, version: number, type: string, seconds: number): StoredEvent => ({
  ...{ _id: `${entityId}:${version}`, entity: 'user', entityId, version, partition: 0, type, at: second(seconds) },
  ...{ data: type === 'UserCreated' ? ada : type === 'UserUpdated' ? { group: 2 } : {}, meta: { requestId: entityId } },
});

const folded = foldLog([
  stored('a', 1, 'UserCreated', 10),
  stored('a', 2, 'UserUpdated', 50),
  stored('b', 1, 'UserCreated', 20),
  stored('b', 2, 'UserDeleted', 40),
  stored('c', 1, 'UserCreated', 60),
]);
const judge = (set: SavedSet) => judgeSaved(folded, set, 100_000);
const [a1, a2, c] = [
  { id: 'a', ...ada },
  { id: 'a', ...ada, group: 2 },
  { id: 'c', ...ada },
];

describe('The check of answers from the snapshot', () => {
  it('accepts the states at that time and later ones', () => {
    expect(judge({ count: 2, asOf: second(30) })).to.deep.equal([]); // a and b
    expect(judge({ count: 1, asOf: second(30) })).to.deep.equal([]); // b deleted
    expect(judge({ count: 3, asOf: second(30) })).to.deep.equal([]); // a, b before its deletion, and c
    expect(judge({ count: 1, asOf: second(30), users: [a1] })).to.deep.equal([]);
    expect(judge({ count: 2, asOf: undefined, users: inOrder([a2, c]) })).to.deep.equal([]);
  });

  it('finds counts that are too low or too high', () => {
    expect(judge({ count: 0, asOf: second(30) })).to.have.lengthOf(1);
    expect(judge({ count: 4, asOf: second(30) })).to.have.lengthOf(1);
    expect(judge({ count: 1, asOf: second(70) })).to.have.lengthOf(1);
    expect(judge({ count: 3, asOf: undefined })).to.have.lengthOf(1);
  });

  it('finds an earlier state, a user twice, users out of order, and a time in the future', () => {
    expect(judge({ count: 2, asOf: second(70), users: inOrder([a1, c]) })).to.have.lengthOf(1);
    expect(judge({ count: 2, asOf: second(70), users: [a2, a2] })).to.have.lengthOf(1);
    expect(judge({ count: 2, asOf: second(70), users: inOrder([a2, c]).reverse() })).to.have.lengthOf(1);
    expect(judge({ count: 2, asOf: second(102) })).to.have.lengthOf(1);
  });
});
