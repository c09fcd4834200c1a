import { partitionOf } from '@muster/placement';
import type { StoredEvent } from '@muster/store';
import { asStored } from '@muster/testing';

// Events that no gateway of this release writes. An earlier release, a restore or a person may have left them.

const ada = { name: 'Ada Lovelace', email: 'ada@example.com', group: 1 };

const minusZero = { $numberDouble: '-0.0' };

type Odd = { type: string; data: unknown; version?: unknown; at?: unknown; more?: object };

const created = (data: unknown = ada): Odd => ({ type: 'UserCreated', data });
const updated = (data: unknown): Odd => ({ type: 'UserUpdated', data });
const deleted = (data: unknown = {}): Odd => ({ type: 'UserDeleted', data });

/** Written while aggregators run: what they park is in the dead letters when they save. */
export const oddEventsBefore = (): StoredEvent[] => [
  ...stream('odd-parked-early', [created(), { type: 'UserPromoted', data: { group: 9 } }, updated({ group: 2 })]),
  ...stream('odd-update-first', [updated({ group: 2 })]),
  // a client's -0 is stored as 0
  ...stream('odd-minus-zero', [created({ ...ada, group: minusZero })]),
];

/** Written when the aggregators are away: no record has them. */
export const oddEventsAfter = (): StoredEvent[] => [
  // do not fit the state: they move the version
  ...stream('odd-created-twice', [created(), created({ ...ada, name: 'Another' }), updated({ group: 3 })]),
  ...stream('odd-updated-after-delete', [created(), deleted(), updated({ group: 2 })]),
  ...stream('odd-deleted-twice', [created(), deleted(), deleted()]),
  ...stream('odd-created-after-delete', [created(), deleted(), created({ ...ada, name: 'Again' })]),
  ...stream('odd-deleted-first', [deleted()]),
  ...stream('odd-never-created', [updated({ name: 'Nobody' }), updated({ group: 2 })]),
  // are understood, though no rule of today lets them in
  ...stream('odd-empty-update', [created(), updated({})]),
  ...stream('odd-data-of-delete', [created(), deleted({ name: 'Gone' })]),
  ...stream('odd-order-of-fields', [created({ group: 4, email: 'order@example.com', name: 'Order' })]),
  ...stream('odd-values', [created({ name: '', email: 'no address', group: 1.5 })]),
  ...stream('odd-long-name', [created({ ...ada, name: 'n'.repeat(1_000) })]),
  ...stream('odd-minus-zero-later', [created(), updated({ group: minusZero })]),
  ...stream('odd-infinite', [created({ ...ada, group: { $numberDouble: 'Infinity' } })]),
  ...stream('odd-not-a-number', [created({ ...ada, group: { $numberDouble: 'NaN' } })]),
  ...stream('odd-number-types', [
    { ...created({ ...ada, group: { $numberDouble: '1.0' } }), version: { $numberDouble: '1.0' } },
    { ...updated({ group: { $numberLong: '7' } }), version: { $numberLong: '2' } },
    updated({ group: { $numberLong: '9007199254740991' } }),
  ]),
  ...stream('odd-times', [
    { ...created(), at: { $date: '2001-02-03T04:05:06.007Z' } },
    { ...updated({ group: 2 }), at: { $date: '1969-12-31T23:59:59.999Z' } },
    { ...updated({ group: 3 }), at: { $date: '1999-12-31T00:00:00Z' } },
  ]),
  ...stream('odd-same-time', [
    { ...created(), at: { $date: '2026-01-01T00:00:00Z' } },
    { ...updated({ group: 2 }), at: { $date: '2026-01-01T00:00:00Z' } },
  ]),
  ...stream('odd-envelope', [
    { ...created(), more: { meta: null, comment: 'by hand' } },
    { ...updated({ group: 2 }), more: { meta: { requestId: 'x', user: 'root' } } },
  ]),
  ...stream('odd.id', [created()]),
  // cannot be understood: the stream stays as it was before them
  ...stream('odd-unknown-field', [created(), updated({ group: 2, phone: '1' }), updated({ group: 3 })]),
  ...stream('odd-unknown-field-at-first', [created({ ...ada, phone: '1' }), updated({ group: 3 })]),
  ...stream('odd-unknown-type', [created(), { type: 'UserPromoted', data: {} }, updated({ group: 3 }), deleted()]),
  ...stream('odd-type-of-another', [created(), { type: 'GroupUpdated', data: {} }]),
  ...stream('odd-lacks-a-field', [created({ name: 'Ada', group: 1 })]),
  ...stream('odd-text-for-number', [created(), updated({ group: '7' })]),
  ...stream('odd-decimal', [created(), updated({ group: { $numberDecimal: '7' } })]),
  ...stream('odd-null', [created(), updated({ name: null })]),
  ...stream('odd-list-for-data', [created(), updated(['group', 7])]),
  ...stream('odd-no-data', [created(), updated(null)]),
  ...stream('odd-text-for-time', [created(), { ...updated({ group: 2 }), at: '2026-01-01T00:00:00Z' }]),
  ...stream('odd-broken-version', [created(), { ...updated({ group: 2 }), version: { $numberDouble: '2.5' } }]),
  ...stream('odd-deleted-then-poison', [created(), deleted(), { type: 'UserRestored', data: {} }]),
  ...stream('odd-prototype-field', [created(), updated({ constructor: 'x' })]),
  // lack a version
  ...stream('odd-hole', [created(), updated({ group: 2 }), { ...updated({ group: 4 }), version: 4 }]),
  ...stream('odd-hole-goes-on', [created(), { ...updated({ group: 3 }), version: 3 }, { ...deleted(), version: 4 }]),
  ...stream('odd-no-beginning', [{ ...updated({ group: 2 }), version: 2 }]),
  ...stream('odd-created-at-2', [{ ...created(), version: 2 }]),
  // of an entity that nobody knows, once with the id of a user
  ...stream('odd-envelope', [{ type: 'BadgeCreated', data: { colour: 'red' } }], 'badge'),
  ...stream('odd-badge', [{ type: 'BadgeCreated', data: {} }], 'badge'),
];

/** The versions count from 1 where an event does not say another one. */
const stream = (entityId: string, events: readonly Odd[], entity = 'user'): StoredEvent[] =>
  events.map(({ type, data, version, at, more }, place) => {
    const happened = { $date: `2026-01-02T03:04:${String(place).padStart(2, '0')}Z` };
    const named = { _id: `${entity}:${entityId}:${place + 1}`, entity, entityId, version: version ?? place + 1 };
    const whole = { partition: partitionOf(entity, entityId, 32), type, data, at: at ?? happened };
    return asStored(JSON.stringify({ ...named, ...whole, meta: { requestId: 'by hand' }, ...more }));
  });
