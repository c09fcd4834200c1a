import { at } from '@muster/testing';
import { expect } from 'chai';
import type { CheckpointDocument } from '../documents.ts';
import type { Position } from '../position.ts';
import { deadlineMs } from './notes.ts';
import { openEmptyLog, type Subject } from './subject.ts';
import { nextPositions } from './watching.ts';

/** The store's guarantees for checkpoints: they never move back in the log. */
export const describeCheckpoints = (subject: Subject): void => {
  const { store } = subject;

  describe('checkpoints', () => {
    it('are read as saved, for the partitions that have one', async () => {
      await using log = await openEmptyLog(subject);
      const [early, late] = await twoPositions(subject);
      const [first, third] = [checkpointOf(1, early), checkpointOf(3, late)];
      await store.saveCheckpoints(log, [first, third], deadlineMs);
      expect(await store.readCheckpoints(log, [1, 2], deadlineMs)).to.deep.equal(new Map([[1, first]]));
      const both = await store.readCheckpoints(log, [3, 1], deadlineMs);
      expect([both.size, both.get(1), both.get(3)]).to.deep.equal([2, first, third]);
      expect(await store.readCheckpoints(log, [], deadlineMs)).to.deep.equal(new Map());
    });

    it('never move back in the log, each compared on its own', async () => {
      await using log = await openEmptyLog(subject);
      const [early, late] = await twoPositions(subject);
      await store.saveCheckpoints(log, [checkpointOf(1, late), checkpointOf(2, early)], deadlineMs);
      const saveNext = (...next: CheckpointDocument[]) =>
        store.saveCheckpoints(
          log,
          next.map((checkpoint) => ({ ...checkpoint, events: 11 })),
          deadlineMs,
        );
      await saveNext(checkpointOf(1, early), checkpointOf(2, late));
      const known = await store.readCheckpoints(log, [1, 2], deadlineMs);
      expect(known.get(1)).to.deep.equal(checkpointOf(1, late));
      expect(known.get(2)).to.deep.equal({ ...checkpointOf(2, late), events: 11 });
      await saveNext(checkpointOf(1, early), checkpointOf(3, early)); // one of them is new
      const stored = await store.readCheckpoints(log, [1, 2, 3], deadlineMs);
      expect(stored.get(1)).to.deep.equal(checkpointOf(1, late));
      expect(stored.get(2)).to.deep.equal({ ...checkpointOf(2, late), events: 11 });
      expect(stored.get(3)).to.deep.equal({ ...checkpointOf(3, early), events: 11 });
    });

    it('give a position from which no event is missed: the oldest one', async () => {
      await using log = await openEmptyLog(subject);
      const [early, late] = await twoPositions(subject);
      await store.saveCheckpoints(log, [checkpointOf(1, late), checkpointOf(2, early)], deadlineMs);
      const stored = await store.readCheckpoints(log, [1, 2, 3], deadlineMs);
      const oldest = store.oldestPosition([1, 2], stored);
      expect(oldest !== undefined && store.isSamePlace(oldest, early)).to.equal(true);
      expect(store.oldestPosition([1, 2, 3], stored), 'one partition has no checkpoint').to.equal(undefined);
    });
  });
};

/** Returns an earlier position and a later one. */
const twoPositions = async (subject: Subject): Promise<[Position, Position]> => {
  await using log = await openEmptyLog(subject);
  const [early, late] = await nextPositions(subject.store, log, 2);
  if (!early || !late) throw new Error('Expected two positions, but a heartbeat did not come back');
  return [early, late];
};

const checkpointOf = (partition: number, position: Position): CheckpointDocument => ({
  _id: partition,
  snapshot: 'test:1',
  position,
  at: at(1),
  events: 10,
  active: { note: 3, $odd: 1 },
  aggregator: '$aggregator-0',
});
