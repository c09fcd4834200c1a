import { at, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { Timestamp } from 'mongodb';
import { readCheckpoints, saveCheckpoints } from './checkpoints.ts';
import type { CheckpointDocument, StoredCheckpoint } from './documents.ts';
import { handlesOf } from './open-log.ts';
import { type Position, positionOf } from './position.ts';

const deadlineMs = 5_000;

const positionAt = (seconds: number, counter: number, token = `token-${seconds}-${counter}`): Position =>
  positionOf({ _data: token }, new Timestamp({ t: seconds, i: counter }));

const checkpointOf = (
  partition: number,
  seconds: number,
  counter: number,
  more: Partial<CheckpointDocument> = {},
): CheckpointDocument => ({
  _id: partition,
  snapshot: 'test:1',
  position: positionAt(seconds, counter),
  at: at(1),
  events: 10,
  active: { note: 3, $odd: 1 },
  aggregator: '$aggregator-0',
  ...more,
});

describe('Checkpoints', function () {
  this.timeout(60_000);

  it('of an earlier release keep their counts', async () => {
    await using log = await openTestLog();
    const { active, position: _, ...rest } = checkpointOf(1, 100, 1);
    const place = { resumeToken: { _data: 'token-100-1' }, clusterTime: new Timestamp({ t: 100, i: 1 }) };
    await handlesOf(log).checkpoints.insertOne({ ...rest, ...place, living: active } as unknown as StoredCheckpoint);
    expect((await readCheckpoints(log, [1], deadlineMs)).get(1)).to.deep.equal(checkpointOf(1, 100, 1));
  });

  it('store the token and the cluster time of their position, in the form that earlier releases read', async () => {
    await using log = await openTestLog();
    const { position: _, ...rest } = checkpointOf(1, 100, 1);
    await saveCheckpoints(log, [checkpointOf(1, 100, 1)], deadlineMs);
    const place = { resumeToken: { _data: 'token-100-1' }, clusterTime: new Timestamp({ t: 100, i: 1 }) };
    expect(await handlesOf(log).checkpoints.findOne({ _id: 1 })).to.deep.equal({ ...rest, ...place });
  });

  it('never move back in the log, neither by seconds nor within a second', async () => {
    await using log = await openTestLog();
    const stored = checkpointOf(1, 100, 5);
    await saveCheckpoints(log, [stored], deadlineMs);
    for (const older of [checkpointOf(1, 99, 9, { events: 99 }), checkpointOf(1, 100, 4, { events: 99 })]) {
      await saveCheckpoints(log, [older], deadlineMs);
      expect((await readCheckpoints(log, [1], deadlineMs)).get(1)).to.deep.equal(stored);
    }
    for (const newer of [checkpointOf(1, 100, 6), checkpointOf(1, 2 ** 31 + 5, 1)]) {
      await saveCheckpoints(log, [newer], deadlineMs);
      expect((await readCheckpoints(log, [1], deadlineMs)).get(1)).to.deep.equal(newer);
    }
  });

  it('may move to another position of the same time', async () => {
    await using log = await openTestLog();
    await saveCheckpoints(log, [checkpointOf(1, 100, 5)], deadlineMs);
    const moved = checkpointOf(1, 100, 5, { position: positionAt(100, 5, 'other'), events: 11 });
    await saveCheckpoints(log, [moved], deadlineMs);
    expect((await readCheckpoints(log, [1], deadlineMs)).get(1)).to.deep.equal(moved);
  });
});
