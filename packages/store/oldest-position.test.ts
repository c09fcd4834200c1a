import { expect } from 'chai';
import { Timestamp } from 'mongodb';
import type { CheckpointDocument } from './documents.ts';
import { oldestPosition } from './oldest-position.ts';
import { isBefore, isSamePlace, positionOf } from './position.ts';

const positionAt = (seconds: number, token: string) =>
  positionOf({ _data: token }, new Timestamp({ t: seconds, i: 1 }));

const checkpoint = (partition: number, seconds: number, token: string): CheckpointDocument => ({
  _id: partition,
  snapshot: 'test:1',
  position: positionAt(seconds, token),
  at: new Date(seconds * 1_000),
  events: 1,
  active: {},
  aggregator: 'aggregator-0',
});

const among = (...checkpoints: CheckpointDocument[]) => new Map(checkpoints.map((one) => [one._id, one]));

describe('The oldest position', () => {
  it('is the position of the oldest checkpoint', () =>
    expect(
      oldestPosition([0, 3, 6], among(checkpoint(0, 30, 'c'), checkpoint(3, 10, 'a'), checkpoint(6, 20, 'b'))),
    ).to.deep.equal(positionAt(10, 'a')));

  it('is undefined when a partition has no checkpoint', () =>
    expect(oldestPosition([0, 3], among(checkpoint(0, 30, 'c')))).to.equal(undefined));

  it('is undefined when the two oldest differ but share one time, because each may be the later one', () =>
    expect(oldestPosition([0, 3], among(checkpoint(0, 10, 'a'), checkpoint(3, 10, 'b')))).to.equal(undefined));

  it('is the position that the oldest checkpoints share', () =>
    expect(oldestPosition([0, 3], among(checkpoint(0, 10, 'a'), checkpoint(3, 10, 'a')))).to.deep.equal(
      positionAt(10, 'a'),
    ));
});

describe('A position', () => {
  it('is before another when its time is earlier, by seconds or within a second', () => {
    const within = (counter: number) => positionOf({ _data: 'a' }, new Timestamp({ t: 10, i: counter }));
    expect(isBefore(positionAt(9, 'z'), positionAt(10, 'a'))).to.equal(true);
    expect(isBefore(positionAt(10, 'a'), positionAt(9, 'z'))).to.equal(false);
    expect(isBefore(within(1), within(2))).to.equal(true);
    expect(isBefore(positionAt(10, 'a'), positionAt(10, 'b'))).to.equal(false);
  });

  it('is the same as another only with the same time and the same token', () => {
    expect(isSamePlace(positionAt(10, 'a'), positionAt(10, 'a'))).to.equal(true);
    expect(isSamePlace(positionAt(10, 'a'), positionAt(10, 'b'))).to.equal(false);
    expect(isSamePlace(positionAt(10, 'a'), positionAt(11, 'a'))).to.equal(false);
  });

  it('shows none of its parts when it is logged or sent', () => {
    expect(JSON.stringify(positionAt(10, 'a'))).to.equal('{}');
    expect(Object.keys(positionAt(10, 'a'))).to.deep.equal([]);
  });
});
