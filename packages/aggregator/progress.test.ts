import { expect } from 'chai';
import { beginSaving, endSaving, noteTaken, openProgress } from './progress.ts';

/** Whether all checkpoints are due after a snapshot of so many records that took so long. */
const areAllDue = (records: number, tookMs: number): boolean => {
  const progress = openProgress();
  noteTaken(progress, true);
  const startedAt = beginSaving(progress);
  endSaving(progress, startedAt - tookMs, records);
  return progress.checkpointedAt === Number.NEGATIVE_INFINITY;
};

describe('The checkpoints of unchanged partitions', () => {
  it('are due after a long snapshot of records, so that a restore begins behind it', () => {
    expect(areAllDue(1, 3_000)).to.equal(true);
    expect(areAllDue(1, 1_000)).to.equal(false);
  });

  it('are not due again after a long snapshot of nothing but checkpoints', () => {
    expect(areAllDue(0, 3_000)).to.equal(false);
  });
});
