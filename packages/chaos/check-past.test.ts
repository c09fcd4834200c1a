import type { StoredEvent } from '@muster/store';
import { expect } from 'chai';
import { checkPast } from './check-past.ts';
import { foldLog } from './fold-log.ts';
import type { Call, PastCall, PastEvent } from './history.ts';

const ada = { name: 'Ada', email: 'ada@example.com', group: 1 };

const stored = (version: number, type: string, data: object): StoredEvent => ({
  ...{ _id: `r${version}`, entity: 'user', entityId: 'a', version, partition: 0, type, data: { ...data } },
  ...{ at: new Date(version), meta: { requestId: `r${version}` } },
});

const log = foldLog([
  ...[stored(1, 'UserCreated', ada), stored(2, 'UserUpdated', { group: 7 }), stored(3, 'UserDeleted', {})],
]);

const write = (version: number, completedAt: number) =>
  ({ op: 'update', id: 'a', outcome: 'ok', version, invokedAt: 0, completedAt }) as Call;
const calls = [write(1, 10), write(2, 20), write(3, 30)];

const created: PastEvent = {
  version: 1,
  type: 'UserCreated',
  requestId: 'r1',
  data: ada,
  changes: { id: 'a', ...ada } as object,
};
const updated: PastEvent = {
  version: 2,
  type: 'UserUpdated',
  requestId: 'r2',
  data: { group: 7 },
  changes: { group: 7 },
};
const deleted: PastEvent = { version: 3, type: 'UserDeleted', requestId: 'r3', data: {}, changes: null };

const check = (invokedAt: number, events: PastEvent[] | undefined, more: Partial<PastCall> = {}) =>
  checkPast(log, calls, [
    {
      session: 's',
      id: 'a',
      invokedAt,
      completedAt: invokedAt + 1,
      status: 200,
      events,
      retryAfter: undefined,
      ...more,
    },
  ]);

describe('The check of histories in flux', () => {
  it('accepts what the log has, up to any version that is new enough', () => {
    expect(check(40, [deleted, updated, created])).to.deep.equal([]);
    expect(check(25, [updated, created])).to.deep.equal([]);
    expect(check(25, [deleted, updated])).to.deep.equal([]);
    expect(check(25, undefined, { status: undefined })).to.deep.equal([]);
    expect(check(25, undefined, { status: 503, retryAfter: '1' })).to.deep.equal([]);
  });

  it('finds a history that lacks an answered write, or has a gap', () => {
    expect(check(40, [updated, created])).to.have.lengthOf(1);
    expect(check(40, [])).to.have.lengthOf(1);
    expect(check(40, [deleted, created])).to.have.lengthOf(1);
  });

  it('finds what is not in the log, and wrong changes', () => {
    for (const wrong of [
      { ...updated, data: { group: 8 } },
      { ...updated, requestId: 'other' },
      { ...updated, type: 'UserCreated' },
      { ...updated, changes: {} },
      { ...updated, changes: { group: 8 } },
      { ...updated, changes: null },
    ])
      expect(check(25, [wrong, created]), JSON.stringify(wrong)).to.have.lengthOf(1);
    expect(check(40, [{ ...deleted, changes: {} }, updated])).to.have.lengthOf(1);
  });

  it('finds an unexpected status', () => {
    expect(check(40, undefined, { status: 404 })).to.have.lengthOf(1);
    expect(check(40, undefined, { status: 503 })).to.have.lengthOf(1);
  });
});
