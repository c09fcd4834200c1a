import { absent } from '@muster/model';
import { at, note, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { Timestamp } from 'mongodb';
import { readCheckpoints, saveCheckpoints } from './checkpoints.ts';
import type { RecordDocument, SnapshotMark } from './documents.ts';
import { guardLog, logIdOf } from './guard-log.ts';
import type { LogId } from './log-guard.ts';
import type { Log } from './open-log.ts';
import { positionOf } from './position.ts';
import { scanRecords } from './read-partition.ts';
import { loadState } from './read-stream.ts';
import { recordOf } from './records.ts';
import { saveRecords } from './save-records.ts';
import { markOf } from './snapshot-mark.ts';

const deadlineMs = 5_000;
const thisLog: LogId = 'this-log';
const partitions = { own: 0, former: 1, earlier: 2 };

/** One mark of each kind: of this log, of the former log, and of a release that did not name the log. */
const marks = {
  own: markOf(thisLog, 'a1', 1),
  former: markOf('former-log', 'a1', 7),
  earlier: 'a1:3',
} satisfies Record<keyof typeof partitions, SnapshotMark>;

type Kind = keyof typeof marks;
const kinds = Object.keys(marks) as Kind[];

const stateAt = (version: number) => ({
  ...({ status: 'active', version, fields: { text: 'one', stars: version } } as const),
  ...{ createdAt: at(1), updatedAt: at(version) },
});

const recordBy = (kind: Kind): RecordDocument => recordOf(kind, partitions[kind], stateAt(5), marks[kind]);

const checkpointBy = (kind: Kind) => ({
  ...{ _id: partitions[kind], snapshot: marks[kind], at: at(1), events: 5, active: { note: 1 } },
  ...{ position: positionOf({ _data: `token-${kind}` }, new Timestamp({ t: 100, i: 1 })), aggregator: 'aggregator-0' },
});

/** A log without events, with a record and a checkpoint for each kind of mark. */
const openWithSnapshots = async (): Promise<Log> => {
  const log = await openTestLog();
  const savings = kinds.map((kind) => ({ record: recordBy(kind), saved: false }));
  expect((await saveRecords(log, note, savings, deadlineMs)).failed.size).to.equal(0);
  await saveCheckpoints(log, kinds.map(checkpointBy), deadlineMs);
  guardLog(log, thisLog);
  return log;
};

const scannedIds = async (log: Log): Promise<string[]> => {
  const ids: string[] = [];
  for await (const { _id } of scanRecords(log, note, Object.values(partitions))) ids.push(_id);
  return ids.sort();
};

describe('A late snapshot of a former log', function () {
  this.timeout(60_000);

  let log: Log;
  before(async () => {
    log = await openWithSnapshots();
  });
  after(() => log[Symbol.asyncDispose]());
  beforeEach(() => expect(logIdOf(log)).to.equal(thisLog));

  it('adds no record to its partition', async () => {
    expect(await scannedIds(log)).to.deep.equal(['earlier', 'own']);
  });

  it('adds no checkpoint to resume from', async () => {
    const found = await readCheckpoints(log, Object.values(partitions), deadlineMs);
    expect([...found.keys()].sort()).to.deep.equal([partitions.own, partitions.earlier]);
  });

  it('does not affect the read of one thing', async () => {
    const loaded = (kind: Kind) => loadState(log, note, kind, deadlineMs);
    expect(await loaded('former')).to.deep.equal({ state: absent, parked: undefined });
    for (const kind of ['own', 'earlier'] as const)
      expect(await loaded(kind), kind).to.deep.equal({ state: stateAt(5), parked: undefined });
  });

  it('is read by a process that does not guard its log', async () => {
    await using unguarded = await openTestLog();
    await saveRecords(unguarded, note, [{ record: recordBy('former'), saved: false }], deadlineMs);
    expect(await scannedIds(unguarded)).to.deep.equal(['former']);
  });
});
