import { entities } from '@muster/entities';
import { absent, parseState, type State, writeState } from '@muster/model';
import { partitionOf } from '@muster/placement';
import { foldStored, recordOf, type StoredEvent } from '@muster/store';
import { expect } from 'chai';
import { closeJudging, type Facts, judgeEvents, openJudging } from './judge-stream.ts';

const partitions = 32;
const id = '13AE742';
const [user] = entities;
if (!user) throw new Error('There is no entity');
const partition = partitionOf('user', id, partitions);
const event = (version: number, type: string, data: StoredEvent['data']): StoredEvent => ({
  ...{ _id: `e${version}`, entity: 'user', entityId: id, version, partition, type, data },
  ...{ at: new Date(Date.UTC(2026, 0, version)), meta: { requestId: 'test' } },
});
const created = event(1, 'UserCreated', { name: 'Ada', email: 'ada@example.com', group: 1 });
const moved = event(2, 'UserUpdated', { group: 2 });
const deleted = event(3, 'UserDeleted', {});
const poison = event(3, 'UserPromoted', {});

const stateAt = (...events: StoredEvent[]): State => foldStored(user, events, absent).state;
const recordAt = (...events: StoredEvent[]) =>
  recordOf(id, partition, stateAt(...events) as Exclude<State, { status: 'absent' }>, 'test:7');
const sent = (state: State): State => parseState(writeState(state)); // as a replica hands it out

type Given = Partial<Facts> & { events: StoredEvent[] };

const judge = ({ events, ...facts }: Given) => {
  const judging = openJudging({ name: 'user', entity: user, id, memory: [], record: undefined, ...facts }, partitions);
  for (const one of events) judgeEvents(judging, [one]); // in pages of one
  return closeJudging(judging);
};
const whatIs = (facts: Given) => judge(facts).differences.map(({ what }) => what);

describe('verify, of one stream,', () => {
  it('finds nothing where memory and Users are the fold of the log at their versions, each at another', () => {
    expect(
      whatIs({
        events: [created, moved, deleted],
        memory: [stateAt(created, moved, deleted), sent(stateAt(created, moved))],
        record: recordAt(created),
      }),
    ).to.deep.equal([]);
    expect(
      whatIs({ events: [created, moved, deleted], memory: [], record: recordAt(created, moved, deleted) }),
    ).to.deep.equal([]);
  });

  it('finds a field that memory has otherwise', () => {
    const wrong = stateAt(created, event(2, 'UserUpdated', { group: 3 }));
    expect(whatIs({ events: [created, moved], memory: [{ ...wrong } as State] })).to.deep.equal([
      'Memory is not the fold of the log',
    ]);
  });

  it('finds a field that Users has otherwise, lacks, or has beside', () => {
    const right = recordAt(created, moved);
    const { email: _, ...without } = right;
    for (const record of [
      { ...right, group: 3 },
      { ...right, extra: 1 },
      without,
      { ...right, createdAt: new Date(0) },
    ]) {
      expect(whatIs({ events: [created, moved], record: record as typeof right })).to.deep.equal([
        'Users is not the fold of the log',
      ]);
    }
  });

  it('finds a tombstone that still has fields', () => {
    const record = { ...recordAt(created, moved, deleted), name: 'Ada' };
    expect(whatIs({ events: [created, moved, deleted], record })).to.deep.equal(['Users is not the fold of the log']);
  });

  it('finds versions that the log does not have', () => {
    expect(whatIs({ events: [created], memory: [stateAt(created, moved)] })).to.deep.equal([
      'Memory has a version that the log does not have',
    ]);
    expect(whatIs({ events: [], record: recordAt(created) })).to.deep.equal([
      'Users has a version that the log does not have',
    ]);
  });

  it('finds a missing version, two of one version, and a first one that is not 1', () => {
    expect(whatIs({ events: [created, deleted] })).to.deep.equal(['A version is missing']);
    expect(whatIs({ events: [created, moved, { ...moved, _id: 'other' }] })).to.deep.equal([
      'Two events have one version',
    ]);
    expect(whatIs({ events: [moved] })).to.deep.equal(['A version is missing']);
  });

  it('finds an event in another partition', () => {
    expect(whatIs({ events: [created, { ...moved, partition: partition + 1 }] })).to.deep.equal([
      'An event is in the wrong partition',
    ]);
  });

  it('reports a stream with an event that cannot be understood as parked, not as different', () => {
    const { differences, parked } = judge({
      events: [created, moved, poison],
      memory: [stateAt(created, moved)],
      record: recordAt(created),
    });
    expect(differences).to.deep.equal([]);
    expect(parked).to.include({ entity: 'user', id, version: 3 });
  });

  it('keeps nothing of a long stream but what memory and Users are compared with', () => {
    const judging = openJudging(
      { name: 'user', entity: user, id, memory: [stateAt(created, moved)], record: undefined },
      partitions,
    );
    judgeEvents(judging, [created, moved]);
    for (let version = 3; version < 2_000; version += 1)
      judgeEvents(judging, [event(version, 'UserUpdated', { group: version })]);
    expect([...judging.kept.keys()]).to.deep.equal([2]);
    expect(closeJudging(judging)).to.deep.equal({ differences: [], parked: undefined });
  });

  it('reports a stream of an unknown entity as parked', () => {
    expect(judge({ entity: undefined, events: [created] }).parked).to.include({ version: 1 });
  });
});
