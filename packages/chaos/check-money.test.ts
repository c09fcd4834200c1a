import type { StoredEvent } from '@muster/store';
import { expect } from 'chai';
import { checkHistory } from './check-history.ts';
import { checkMoney } from './check-money.ts';
import { foldLog } from './fold-log.ts';
import type { Call } from './history.ts';
import { subjects } from './subjects.ts';

const at = new Date('2026-01-01T00:00:00Z');

const stored = (version: number, type: string, data: object, requestId: string): StoredEvent => ({
  ...{ _id: `${requestId}:${version}`, entity: 'account', entityId: 'a', version, partition: 0, type },
  ...{ data: { ...data }, at, meta: { requestId, shape: 1 } },
});

const callAt = (ms: number, given: Partial<Call>): Call => ({
  ...{ session: 's', requestId: `r${ms}`, subject: 'account', op: 'read', id: 'a', sent: undefined },
  ...{ minVersion: undefined, returned: 0, invokedAt: ms, completedAt: ms + 0.5, outcome: 'ok', status: 200 },
  ...{ version: undefined, shown: undefined, problem: undefined, source: 'log', lagMs: 0, retryAfter: undefined },
  ...given,
});

const shown = (cents: number) => ({ id: 'a', owner: 'Ada', cents });
const closed = { ...shown(0), closedAt: at.toISOString() };
const refusal = (name: string) =>
  ({ outcome: 'refused', status: 409, problem: { type: `/problems/${name}` } }) as const;

const events = [
  stored(1, 'AccountOpened', { owner: 'Ada' }, 'r1'),
  stored(2, 'MoneyDeposited', { cents: 50 }, 'r2'),
  stored(3, 'MoneyWithdrawn', { cents: 50 }, 'r4'),
  stored(4, 'AccountClosed', {}, 'r6'),
];
const right = [
  callAt(1, { op: 'create', sent: { id: 'a', owner: 'Ada' }, status: 201, version: 1, shown: shown(0) }),
  callAt(2, { op: 'deposit', sent: { cents: 50 }, version: 2, shown: shown(50) }),
  callAt(3, { op: 'withdraw', sent: { cents: 51 }, version: 2, ...refusal('insufficient-funds') }),
  callAt(4, { op: 'withdraw', sent: { cents: 50 }, version: 3, shown: shown(0) }),
  callAt(5, { op: 'read', version: 3, shown: shown(0) }),
  callAt(6, { op: 'close', version: 4, shown: closed }),
  callAt(7, { op: 'close', version: 4, shown: closed }), // changes nothing
  callAt(8, { op: 'deposit', sent: { cents: 1 }, version: 4, ...refusal('closed') }),
];

const check = (changed: Partial<Call>[] = [], log = events) => {
  const calls = right.map((call) => ({ ...call, ...changed.find(({ requestId }) => requestId === call.requestId) }));
  const folded = foldLog(log, subjects.account);
  const before = foldLog([], subjects.account);
  return { money: checkMoney(folded, calls, before), history: checkHistory(folded, calls, before) };
};

describe('The checker of money', () => {
  it('finds nothing in a correct history', () => expect(check()).to.deep.equal({ money: [], history: [] }));

  const faults: [name: string, changed: Partial<Call>[], log?: StoredEvent[]][] = [
    ['a deposit that was acknowledged and is not in the log', [], events.filter(({ version }) => version !== 2)],
    ['a deposit that ran twice', [], [...events, stored(5, 'MoneyDeposited', { cents: 50 }, 'r2')]],
    ['a balance below zero', [], [...events.slice(0, 2), stored(3, 'MoneyWithdrawn', { cents: 60 }, 'r4')]],
    ['money that moved after the account was closed', [], [...events, stored(5, 'MoneyDeposited', { cents: 1 }, 'r8')]],
    [
      'an amount that nobody asked for',
      [],
      events.map((event) => (event.version === 2 ? { ...event, data: { cents: 70 } } : event)),
    ],
  ];
  for (const [name, changed, log] of faults)
    it(`finds ${name}`, () => expect(check(changed, log).money).to.not.deep.equal([]));

  it('counts a deposit without an answer only if the log has it', () => {
    const unknown = { requestId: 'r2', outcome: 'unknown', status: undefined, version: undefined } as const;
    expect(check([unknown]).money).to.deep.equal([]);
    expect(check([unknown], [events[0] as StoredEvent]).money).to.have.lengthOf(1); // r4 was acknowledged
  });
});

describe('The checker of histories, with an entity of its own', () => {
  const unknown = { outcome: 'unknown', status: undefined, version: undefined, shown: undefined } as const;
  const notWritten = {
    outcome: 'notWritten',
    status: 503,
    retryAfter: '1',
    problem: { written: 'notWritten' },
  } as const;
  const deposit = (version: number, cents: number, requestId: string) =>
    stored(version, 'MoneyDeposited', { cents }, requestId);
  const wrong: [name: string, changed: Partial<Call>[], log?: StoredEvent[]][] = [
    ['a deposit that was acknowledged and is not in the log', [], events.slice(0, 1)],
    ['a deposit that is in the log twice', [], [...events, deposit(5, 50, 'r2')]],
    [
      'a deposit without an answer that is in the log twice',
      [{ requestId: 'r2', ...unknown }],
      [...events, deposit(5, 50, 'r2')],
    ],
    ['a deposit at another version than was returned', [{ requestId: 'r2', version: 3 }]],
    ['a deposit of another amount than was sent', [{ requestId: 'r2', sent: { cents: 49 } }]],
    ['a refused withdrawal that is in the log', [], [...events, stored(5, 'MoneyWithdrawn', { cents: 51 }, 'r3')]],
    ['a withdrawal that was not to be written and is in the log', [{ requestId: 'r4', ...notWritten }]],
    ['a close that was answered though the account was open', [{ requestId: 'r7', version: 3, shown: shown(0) }]],
    ['a withdrawal refused though there was enough', [{ requestId: 'r3', sent: { cents: 50 } }]],
    ['a refusal for another reason', [{ requestId: 'r3', ...refusal('closed') }]],
    ['a refusal on an older state than was returned', [{ requestId: 'r8', version: 3 }]],
    ['a balance that the log does not have', [{ requestId: 'r5', shown: shown(1) }]],
    ['a deposit without an event', [{ requestId: 'r7', op: 'deposit', sent: { cents: 5 } }]],
  ];
  for (const [name, changed, log] of wrong)
    it(`finds ${name}`, () => expect(check(changed, log).history).to.not.deep.equal([]));
});
