import { expect } from 'chai';
import { judgeCheckpoint, type Promised } from './judge-checkpoint.ts';

const checkpoint: Promised = { _id: 3, snapshot: 'test:9', events: 10, active: { user: 4 } };
const whatIs = (versions: number, active: number, newest: number) =>
  judgeCheckpoint(checkpoint, {
    versions,
    active: new Map([['user', active]]),
    snapshots: new Set([`test:${newest}`] as const),
  }).map(({ what }) => what);

describe('verify, of a checkpoint and its records,', () => {
  it('finds nothing if they match', () => expect(whatIs(10, 4, 9)).to.deep.equal([]));
  it('finds records that are missing', () =>
    expect(whatIs(9, 4, 9)).to.deep.equal(['A checkpoint promises other records than there are']));
  it('finds records that no snapshot wrote', () =>
    expect(whatIs(11, 4, 9)).to.deep.equal(['A checkpoint promises other records than there are']));
  it('finds a different number of active things', () =>
    expect(whatIs(10, 5, 9)).to.deep.equal(['A checkpoint counts other active than there are']));
  it('accepts records with the same sum, regardless of the snapshot that wrote them', () =>
    expect(whatIs(10, 5, 10)).to.deep.equal(['A checkpoint counts other active than there are']));
  it('accepts a larger sum after a later snapshot has begun, but not a smaller one', () => {
    expect(whatIs(12, 5, 10)).to.deep.equal([]);
    expect(whatIs(9, 5, 10)).to.deep.equal(['A checkpoint promises other records than there are']);
  });
});
