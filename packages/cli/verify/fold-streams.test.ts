import { entities } from '@muster/entities';
import type { StoredEvent } from '@muster/store';
import { expect } from 'chai';
import { aheadMax, openStream, takeStored } from './fold-streams.ts';

const [user] = entities;
const at = new Date('2026-01-01T00:00:00Z');
const event = (version: number, type: string, data: StoredEvent['data']): StoredEvent => ({
  ...{
    _id: `e${version}`,
    entity: 'user',
    entityId: '13AE742',
    version,
    partition: 0,
    type,
    data,
    at,
    meta: { requestId: 'test' },
  },
});
const created = event(1, 'UserCreated', { name: 'Ada', email: 'ada@example.com', group: 1 });
const moved = event(2, 'UserUpdated', { group: 2 });
const renamed = event(3, 'UserUpdated', { name: 'Ada L.' });

const folded = (events: StoredEvent[], wanted: number[] = []) => {
  const stream = openStream('user', '13AE742', new Set(wanted));
  for (const one of events) takeStored(stream, user, one);
  return stream;
};

describe('A stream folded while its log is scanned', () => {
  it('has the same final state for any order of its events', () => {
    const inOrder = folded([created, moved, renamed]);
    expect(folded([renamed, moved, created]).state).to.deep.equal(inOrder.state);
    expect(inOrder.state).to.include({ status: 'active', version: 3 });
  });

  it('keeps only the states at the wanted versions', () => {
    const { kept } = folded([renamed, created, moved], [2]);
    expect([...kept.keys()]).to.deep.equal([2]);
    expect(kept.get(2)).to.deep.include({ version: 2, fields: { name: 'Ada', email: 'ada@example.com', group: 2 } });
  });

  it('stops before a missing version, and sets later events aside', () => {
    const stream = folded([created, renamed]);
    expect(stream.state.version).to.equal(1);
    expect([...stream.ahead.keys()]).to.deep.equal([3]);
  });

  it('stops before an event that does not parse', () => {
    const stream = folded([created, event(2, 'UserPromoted', {}), renamed]);
    expect(stream.state.version).to.equal(1);
    expect(stream.poison?.version).to.equal(2);
  });

  it('is odd if two events have the same version', () => {
    expect(folded([created, moved, { ...moved, _id: 'other' }]).isOdd).to.equal(true);
    expect(folded([created, renamed, { ...renamed, _id: 'other' }]).isOdd).to.equal(true);
    expect(folded([created, moved]).isOdd).to.equal(false);
  });

  it('keeps a bounded number of early events, and must be inspected again above that number', () => {
    const backwards = Array.from({ length: aheadMax + 500 }, (_, index) =>
      event(aheadMax + 501 - index, 'UserUpdated', {}),
    );
    const stream = folded(backwards);
    expect(stream.ahead.size).to.be.at.most(aheadMax);
    expect(stream.isOdd).to.equal(true);
  });
});
