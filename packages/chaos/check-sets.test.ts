import type { StoredEvent } from '@muster/store';
import { expect } from 'chai';
import { checkRecordWrites } from './check-records.ts';
import { checkSetsInFlux } from './check-sets.ts';
import { foldLog } from './fold-log.ts';
import type { Call, SetCall } from './history.ts';
import { inOrder } from './walk-list.ts';

const ada = { name: 'Ada', email: 'ada@example.com', group: 1 };

const stored = (entityId: string, version: number, type: string, requestId: string): StoredEvent => ({
  ...{ _id: requestId, entity: 'user', entityId, version, partition: 0, type, data: type === 'UserCreated' ? ada : {} },
  ...{ at: new Date(version), meta: { requestId } },
});

const write = (
  requestId: string,
  op: Call['op'],
  id: string,
  invokedAt: number,
  completedAt: number,
  outcome: Call['outcome'] = 'ok',
): Call => ({
  ...{
    subject: 'user',
    session: 's',
    requestId,
    op,
    id,
    sent: undefined,
    minVersion: undefined,
    returned: 0,
    invokedAt,
    completedAt,
    outcome,
    status: 200,
  },
  ...{
    version: undefined,
    shown: undefined,
    problem: undefined,
    source: undefined,
    lagMs: undefined,
    retryAfter: undefined,
  },
});

const set = (at: number, given: Partial<SetCall>): SetCall => ({
  ...{
    session: 's',
    op: 'count',
    invokedAt: at,
    completedAt: at + 10,
    status: 200,
    count: undefined,
    users: undefined,
  },
  ...{ source: 'aggregator-0', lagMs: 100, agedMs: undefined, retryAfter: undefined, ...given },
});

const old = stored('old', 1, 'UserCreated', 'r0');
const log = foldLog([
  old,
  stored('a', 1, 'UserCreated', 'r1'),
  stored('b', 1, 'UserCreated', 'r2'),
  stored('b', 2, 'UserDeleted', 'r3'),
]);
const calls = [
  write('r1', 'create', 'a', 0, 10),
  write('r2', 'create', 'b', 100, 110),
  write('r3', 'delete', 'b', 10_000, 10_010, 'unknown'),
];
const check = (...sets: SetCall[]) => checkSetsInFlux(log, calls, sets, foldLog([old]));

describe('The check of COUNT, LIST and views in flux', () => {
  it('accepts every possible count', () => {
    expect(check(set(5, { count: 1 }), set(5, { count: 2 }))).to.deep.equal([]);
    expect(check(set(9_000, { count: 3 }))).to.deep.equal([]);
    // the outcome of the deletion is unknown
    expect(check(set(20_000, { count: 3 }), set(20_000, { count: 2 }))).to.deep.equal([]);
    expect(check(set(9_000, { count: 1, lagMs: 8_000 }))).to.deep.equal([]); // old, as its lag shows
    expect(check(set(9_000, { count: 1, agedMs: 8_900 }))).to.deep.equal([]); // the same, from the snapshot
  });

  it('finds counts that are too low or too high', () => {
    expect(check(set(5, { count: 0 }))).to.have.lengthOf(1);
    expect(check(set(9_000, { count: 2 }))).to.have.lengthOf(1);
    expect(check(set(9_000, { count: 4 }))).to.have.lengthOf(1);
    expect(check(set(20_000, { count: 1 }))).to.have.lengthOf(1);
    expect(check(set(9_000, { count: 1, agedMs: 3_000 }))).to.have.lengthOf(1); // both were stored by then
    expect(check(set(9_000, { count: 4, agedMs: 8_900 }))).to.have.lengthOf(1);
    expect(check(set(9_000, { count: 3, agedMs: -200 }))).to.have.lengthOf(1); // in the future
  });

  it('finds a user twice, users out of order, and a state that never existed', () => {
    const a = { id: 'a', ...ada };
    const both = inOrder([a, { id: 'old', ...ada }]);
    expect(check(set(9_000, { op: 'list', users: both }))).to.deep.equal([]);
    expect(check(set(9_000, { op: 'list', users: [...both].reverse() }))).to.have.lengthOf(1);
    expect(check(set(9_000, { op: 'list', users: [a] }))).to.deep.equal([]);
    expect(check(set(9_000, { op: 'list', users: [a, a] }))).to.have.lengthOf(1);
    expect(check(set(9_000, { op: 'list', users: [{ ...a, group: 7 }] }))).to.have.lengthOf(1);
  });

  it('finds sorted users out of order', () => {
    const [a, b, rest] = [
      { id: 'a', ...ada },
      { id: 'b', ...ada },
      { id: 'old', ...ada },
    ];
    const later = foldLog([stored('old', 1, 'UserCreated', 'r0'), stored('a', 1, 'UserCreated', 'r1')]);
    (later.streams.get('a') as StoredEvent[])[0] = { ...stored('a', 1, 'UserCreated', 'r1'), at: new Date(9) };
    const sorted = (...users: object[]) =>
      checkSetsInFlux(later, [], [set(9_000, { op: 'sorted', users })], foldLog([]));
    expect(sorted(a, rest)).to.deep.equal([]);
    expect(sorted(rest, a)).to.have.lengthOf(1);
    expect(sorted(a, a, rest)).to.have.lengthOf(1);
    expect(sorted(b)).to.have.lengthOf(1);
  });

  it('finds groups that are too small, too large, shown twice, or out of order', () => {
    const groups = (...counted: [number, number][]) =>
      set(9_000, {
        ...{ op: 'groups', count: counted.reduce((sum, [, count]) => sum + count, 0) },
        groups: counted.map(([key, count]) => ({ key, count })),
      });
    const changed = foldLog([
      old,
      stored('a', 1, 'UserCreated', 'r1'),
      { ...stored('a', 2, 'UserUpdated', 'r4'), data: { group: 2 } },
    ]);
    const checkGroups = (...sets: SetCall[]) =>
      checkSetsInFlux(
        changed,
        [write('r1', 'create', 'a', 0, 10), write('r4', 'update', 'a', 8_000, 20_000)],
        sets,
        foldLog([old]),
      );
    expect(checkGroups(groups([1, 2]), groups([1, 1], [2, 1]))).to.deep.equal([]);
    expect(checkGroups(groups([2, 2]))).to.have.lengthOf(2); // the resting one is in group 1
    expect(checkGroups(groups([1, 1], [3, 1]))).to.have.lengthOf(1);
    expect(checkGroups(groups([2, 1], [1, 1]))).to.have.lengthOf(1);
    expect(checkGroups(groups([1, 1], [1, 1]))).to.have.lengthOf(2);
  });

  it('finds answers with an unexpected status', () => {
    expect(check(set(5, { status: 500 }))).to.have.lengthOf(1);
    expect(check(set(5, { status: 503 }))).to.have.lengthOf(1);
    expect(check(set(5, { status: 503, retryAfter: '1' }), set(5, { status: undefined }))).to.deep.equal([]);
  });
});

describe('The check of writes into Users', () => {
  const of = (...versions: (number | undefined)[]) =>
    checkRecordWrites(
      versions.map((version) => ({ id: 'a', version, snapshot: 1 })),
      'Users',
    );

  it('accepts each version once', () => expect(of(1, 4, 5)).to.deep.equal([]));
  it('finds a version written twice', () => expect(of(1, 1)).to.have.lengthOf(1));
  it('finds an older version over a newer one', () => expect(of(4, 3)).to.have.lengthOf(1));
  it('finds a write that changes nothing', () => expect(of(4, undefined)).to.have.lengthOf(1));
});
