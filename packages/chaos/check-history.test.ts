import type { StoredEvent } from '@muster/store';
import { expect } from 'chai';
import { checkHistory } from './check-history.ts';
import { foldLog } from './fold-log.ts';
import type { Call } from './history.ts';

const ada = { name: 'Ada', email: 'ada@example.com', group: 1 };

const stored = (version: number, type: string, data: object, requestId: string): StoredEvent => ({
  ...{ _id: requestId, entity: 'user', entityId: 'a', version, partition: 0, type, data: { ...data } },
  ...{ at: new Date(version), meta: { requestId } },
});

const events = [
  stored(1, 'UserCreated', ada, 'r1'),
  stored(2, 'UserUpdated', { group: 2 }, 'r2'),
  stored(3, 'UserDeleted', {}, 'r3'),
];

/** A call number `at` in time, with an answer that is right, but for what is given. */
const callAt = (at: number, given: Partial<Call> & Pick<Call, 'op' | 'requestId'>): Call => ({
  ...{
    subject: 'user',
    session: 's',
    id: 'a',
    sent: undefined,
    minVersion: undefined,
    returned: 0,
    invokedAt: 10 * at,
    completedAt: 10 * at + 5,
    outcome: 'ok',
    status: 200,
  },
  ...{
    version: undefined,
    shown: undefined,
    problem: undefined,
    source: 'aggregator-0',
    lagMs: 0,
    retryAfter: undefined,
  },
  ...given,
});

const created = callAt(1, {
  requestId: 'r1',
  op: 'create',
  sent: { id: 'a', ...ada },
  status: 201,
  version: 1,
  shown: { id: 'a', ...ada },
});
const updated = callAt(3, {
  requestId: 'r2',
  op: 'update',
  sent: { group: 2 },
  version: 2,
  shown: { id: 'a', ...ada, group: 2 },
});
const deleted = callAt(5, { requestId: 'r3', op: 'delete', status: 204, version: 3 });
const right = [
  callAt(0, { requestId: 'r0', op: 'update', sent: { group: 9 }, outcome: 'refused', status: 404 }),
  created,
  callAt(2, { requestId: 'r4', op: 'create', sent: { id: 'a', ...ada }, outcome: 'refused', status: 409, version: 1 }),
  callAt(2, { requestId: 'r5', op: 'read', version: 1, shown: { id: 'a', ...ada }, minVersion: 1, returned: 1 }),
  updated,
  callAt(4, { requestId: 'r6', op: 'read', version: 1, shown: { id: 'a', ...ada } }), // old, but no newer one was read
  deleted,
  callAt(6, { requestId: 'r7', op: 'read', status: 410, version: 3 }),
  callAt(6, { requestId: 'r8', op: 'update', sent: { group: 3 }, outcome: 'refused', status: 410, version: 3 }),
  callAt(7, {
    requestId: 'r9',
    op: 'update',
    sent: { group: 3 },
    outcome: 'notWritten',
    status: 503,
    retryAfter: '1',
    problem: { written: 'notWritten', id: 'a' },
  }),
];

const check = (changed: Partial<Call>[], log = events) => {
  const calls = right.map((call) => ({ ...call, ...changed.find(({ requestId }) => requestId === call.requestId) }));
  return checkHistory(foldLog(log), calls);
};

describe('The checker of histories', () => {
  it('finds nothing in a correct history', () => expect(check([])).to.deep.equal([]));

  const unknown = { outcome: 'unknown', status: 503, retryAfter: '1', shown: undefined, version: undefined } as const;
  const faults: [name: string, changed: Partial<Call>[], log?: StoredEvent[]][] = [
    ['an acknowledged write that is not in the log', [], events.slice(0, 2)],
    ['a hole in a stream', [], events.filter(({ version }) => version !== 2)],
    ['a version that is there twice', [], [...events, { ...(events[1] as StoredEvent), _id: 'other' }]],
    ['a request that was carried out twice', [], [...events, stored(4, 'UserUpdated', { group: 2 }, 'r2')]],
    ['an event that nobody asked for', [], [...events, stored(4, 'UserUpdated', { group: 9 }, 'r99')]],
    ['an event of a refused write', [], [...events, stored(4, 'UserUpdated', { group: 3 }, 'r8')]],
    ['an event of a write that was never to be written', [], [...events, stored(4, 'UserUpdated', { group: 3 }, 'r9')]],
    [
      'an event with other data than were sent',
      [],
      events.map((event) => (event.version === 2 ? { ...event, data: { group: 7 } } : event)),
    ],
    ['a write that got back another version', [{ requestId: 'r2', version: 1 }]],
    ['a write that got back another user', [{ requestId: 'r2', shown: { id: 'a', ...ada } }]],
    ['a read of a version with other fields', [{ requestId: 'r6', shown: { id: 'a', ...ada, group: 5 } }]],
    ['a read of a version that is not in the log', [{ requestId: 'r6', version: 9 }]],
    ['a read that found what was deleted', [{ requestId: 'r7', status: 200, shown: { id: 'a', ...ada, group: 2 } }]],
    ['a read below the version that was asked for', [{ requestId: 'r6', minVersion: 2 }]],
    ['a read below the version that was returned before', [{ requestId: 'r6', returned: 2 }]],
    ['a refusal as not found of what had been created', [{ requestId: 'r0', invokedAt: 20, completedAt: 25 }]],
    ['a write at another version than it was asked for', [{ requestId: 'r2', ifVersion: 5 }]],
    ['a refusal as passed of a version that had not', [{ requestId: 'r8', status: 412, version: 2, ifVersion: 2 }]],
    ['a refusal as deleted of what was not', [{ requestId: 'r8', version: 2 }]],
    [
      'a create only if it is new, of what was there, refused as a plain create is',
      [{ requestId: 'r4', onlyNew: true }],
    ],
    [
      'a create only if it is new, refused as there when it was deleted',
      [{ requestId: 'r4', onlyNew: true, status: 412, version: 3 }],
    ],
    ['a refusal as existing of what was not there', [{ requestId: 'r4', version: undefined }]],
    [
      'a write answered before another began, and stored after it',
      [{ requestId: 'r3', invokedAt: 11, completedAt: 12 }],
    ],
    [
      'an answer that shows a write before it was asked for',
      [
        { requestId: 'r2', invokedAt: 38, completedAt: 39 },
        { requestId: 'r5', version: 2, shown: { id: 'a', ...ada, group: 2 } },
      ],
    ],
    [
      'a write of which nobody heard, seen before it was asked for',
      [
        { requestId: 'r2', ...unknown, status: undefined, invokedAt: 38, completedAt: 39 },
        { requestId: 'r5', version: 2, shown: { id: 'a', ...ada, group: 2 } },
      ],
    ],
    ['an answer with a fault of the service', [{ requestId: 'r6', status: 500, outcome: 'unknown' }]],
    ['a 503 without Retry-After', [{ requestId: 'r9', retryAfter: undefined }]],
    ['a 503 that does not say what became of the write', [{ requestId: 'r9', problem: {} }]],
    [
      'an unknown write without the version to ask for',
      [{ requestId: 'r2', ...unknown, problem: { written: 'unknown', id: 'a' } }],
    ],
    [
      'an unknown write that is in the log as another version',
      [{ requestId: 'r2', ...unknown, problem: { written: 'unknown', id: 'a', version: 3 } }],
    ],
  ];
  for (const [name, changed, log] of faults)
    it(`finds ${name}`, () => expect(check(changed, log)).not.to.deep.equal([]));

  // possible in a log without its unique index, with the events in any order: both writes were acknowledged
  const twin = stored(2, 'UserUpdated', { group: 5 }, 'r2b');
  const twinCall = { ...updated, requestId: 'r2b', sent: { group: 5 }, shown: { id: 'a', ...ada, group: 5 } };
  const [first, second, third] = events as [StoredEvent, StoredEvent, StoredEvent];
  const broken: [name: string, log: StoredEvent[], versions: string][] = [
    ['two events of one version', [first, second, twin, third], '1, 2, 2, 3'],
    ['two events of one version, far from each other', [twin, third, first, second], '1, 2, 2, 3'],
    ['two first events', [first, { ...first, _id: 'other' }, second, third], '1, 1, 2, 3'],
    ['a hole', [third, first], '1, 3'],
    ['a stream without its beginning', [second, third], '2, 3'],
  ];
  for (const [name, log, versions] of broken)
    it(`finds ${name} from the versions of the stream alone`, () =>
      expect(checkHistory(foldLog(log), [...right, twinCall])).to.include(
        `The stream of a has the versions ${versions}`,
      ));

  it('finds a missing event of the earlier log, and accepts earlier events without a call', () => {
    const earlier = { ...stored(1, 'UserCreated', ada, 'r-earlier'), entityId: 'b' };
    expect(checkHistory(foldLog(events), right, foldLog([earlier]))).to.have.lengthOf(1);
    expect(checkHistory(foldLog([earlier, ...events]), right, foldLog([earlier]))).to.deep.equal([]);
  });

  it('accepts an unknown write whether it is in the log or not', () => {
    const answer = { ...unknown, problem: { written: 'unknown', id: 'a', version: 2 } };
    expect(check([{ requestId: 'r2', ...answer }])).to.deep.equal([]);
    expect(check([{ requestId: 'r9', ...answer, problem: { written: 'unknown', id: 'a', version: 4 } }])).to.deep.equal(
      [],
    );
    expect(check([{ requestId: 'r2', ...unknown, status: undefined, retryAfter: undefined }])).to.deep.equal([]);
  });
});
