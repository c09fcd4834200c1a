import type { CheckpointDocument } from '@muster/store';
import { expect } from 'chai';
import { Timestamp } from 'mongodb';
import { oldestToken } from './restore.ts';

const checkpoint = (partition: number, seconds: number, token: string): CheckpointDocument => ({
  _id: partition,
  snapshot: 'test:1',
  resumeToken: { _data: token },
  clusterTime: Timestamp.fromBits(1, seconds),
  at: new Date(seconds * 1_000),
  events: 1,
  active: {},
  aggregator: 'aggregator-0',
});

const among = (...checkpoints: CheckpointDocument[]) => new Map(checkpoints.map((one) => [one._id, one]));

describe('The token to resume after', () => {
  it('is that of the oldest checkpoint', () =>
    expect(
      oldestToken([0, 3, 6], among(checkpoint(0, 30, 'c'), checkpoint(3, 10, 'a'), checkpoint(6, 20, 'b'))),
    ).to.deep.equal({ _data: 'a' }));

  it('is none where a partition has no checkpoint', () =>
    expect(oldestToken([0, 3], among(checkpoint(0, 30, 'c')))).to.equal(undefined));

  it('is none at a tie of the oldest, as either token could be the later one', () =>
    expect(oldestToken([0, 3], among(checkpoint(0, 10, 'a'), checkpoint(3, 10, 'b')))).to.equal(undefined));

  it('is the one that the oldest share', () =>
    expect(oldestToken([0, 3], among(checkpoint(0, 10, 'a'), checkpoint(3, 10, 'a')))).to.deep.equal({ _data: 'a' }));
});
