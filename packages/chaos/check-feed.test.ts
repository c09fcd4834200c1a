import type { StoredEvent } from '@muster/store';
import { expect } from 'chai';
import { checkFeed } from './check-feed.ts';
import { foldLog } from './fold-log.ts';

const ada = { name: 'Ada', email: 'ada@example.com', group: 1 };
const stored = (entityId: string, version: number): StoredEvent => ({
  ...{ _id: `${entityId}${version}`, entity: 'user', entityId, version, partition: 0 },
  ...{ type: version === 1 ? 'UserCreated' : 'UserUpdated', data: { ...ada }, at: new Date(version) },
  meta: { requestId: `r${entityId}${version}` },
});
const old = stored('a', 1);
const log = foldLog([old, stored('a', 2), stored('b', 1), stored('a', 3)]);
const fed = (...ids: string[]) =>
  ids.map((id) => ({ id, stream: `user:${id.slice(0, 1)}`, version: Number(id.slice(1)) }));
const checkEpochs = (...epochs: string[][]) =>
  checkFeed(
    [log],
    [foldLog([old])],
    [{ name: 'one', epochs: epochs.map((ids) => fed(...ids)) }],
    (stream) => stream !== 'user:odd',
  );
const check = (...ids: string[]) => checkEpochs(ids);

describe('The check of the feed', () => {
  it('accepts all events since the begin, in the order of each stream, and older ones', () => {
    expect(check('a2', 'b1', 'a3')).to.deep.equal([]);
    expect(check('b1', 'a2', 'a3')).to.deep.equal([]);
    expect(check('a1', 'a2', 'a3', 'b1')).to.deep.equal([]);
    expect(check('a2', 'b1', 'a2', 'a3', 'b1')).to.deep.equal([]); // some came again
    expect(checkEpochs(['a3', 'b1'], ['a1', 'a2', 'a3', 'b1'])).to.deep.equal([]); // it began anew
  });

  it('finds missing events, strange ones, and those out of order', () => {
    expect(check('a2', 'a3')).to.deep.equal(['one misses 1 events of the feed, such as user:b version 1']);
    expect(check('a1', 'a3', 'a2', 'b1')).to.have.lengthOf(1);
    expect(check('a2', 'b1', 'a3', 'a4')).to.have.lengthOf(1);
    expect(check('a2', 'b1', 'b2', 'a3')[0]).to.match(/which is not in the log/);
  });
});
