import { expect } from 'chai';
import { movedTo } from './replica-set.ts';

describe('A replica set whose data moved to another port', () => {
  it('keeps its name and its member under the new address, with the next version', () => {
    const before = { _id: 'muster', version: 3, term: 2, members: [{ _id: 0, host: '127.0.0.1:1', priority: 1 }] };
    expect(movedTo('127.0.0.1:2', before)).to.deep.equal({
      _id: 'muster',
      version: 4,
      term: 2,
      members: [{ _id: 0, host: '127.0.0.1:2', priority: 1 }],
    });
  });
});
