import { expect } from 'chai';
import { deadlineMs, eventAt } from './notes.ts';
import { openEmptyLog, type Subject } from './subject.ts';

/** The store's guarantees for events that could not be applied. */
export const describeDeadLetters = (subject: Subject): void => {
  const { countDeadLetters, keepDeadLetter, readDeadLetters, removeDeadLetters } = subject.store;

  describe('dead letters', () => {
    it('store an event once with the latest reason, however often it fails', async () => {
      await using log = await openEmptyLog(subject);
      const event = eventAt('a', 1, { partition: 1 });
      await keepDeadLetter(log, event, 'first reason', deadlineMs);
      const [first] = await readDeadLetters(log, [1], deadlineMs);
      await keepDeadLetter(log, event, 'second reason', deadlineMs);
      const [second, ...others] = await readDeadLetters(log, [1, 2], deadlineMs);
      expect(first).to.deep.include({ _id: event._id, event, error: 'first reason', partition: 1, attempts: 1 });
      expect(second).to.deep.equal({ ...first, error: 'second reason', attempts: 2 });
      expect(others).to.deep.equal([]);
    });

    it('are returned for the requested partitions until they are removed', async () => {
      await using log = await openEmptyLog(subject);
      const [one, two] = [eventAt('a', 1, { partition: 1 }), eventAt('b', 1, { partition: 2 })];
      for (const event of [one, two]) await keepDeadLetter(log, event, 'no', deadlineMs);
      expect((await readDeadLetters(log, [2], deadlineMs)).map(({ _id }) => _id)).to.deep.equal([two._id]);
      expect(await countDeadLetters(log, deadlineMs)).to.equal(2);
      await removeDeadLetters(log, [two._id, 'never kept'], deadlineMs);
      await removeDeadLetters(log, [], deadlineMs);
      expect((await readDeadLetters(log, [1, 2], deadlineMs)).map(({ _id }) => _id)).to.deep.equal([one._id]);
      expect(await countDeadLetters(log, deadlineMs)).to.equal(1);
    });
  });
};
