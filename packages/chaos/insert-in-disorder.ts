import { randomUUID } from 'node:crypto';
import { partitionOf } from '@muster/placement';
import type { StoredEvent } from '@muster/store';
import type { Arena } from './arena.ts';
import type { Call, User } from './history.ts';

const partitions = 32;

/**
 * Inserts users whose second event comes before the first in the log. A change stream that skips events has the same
 * effect: an aggregator must notice the gap and fill it.
 */
export const insertInDisorder = async ({ test, inserted }: Pick<Arena, 'test' | 'inserted'>): Promise<void> => {
  for (let number = 0; number < 5; number += 1) {
    const id = `early-${randomUUID()}`;
    const invokedAt = performance.now();
    const created = { name: `User ${id}`, email: 'early@example.com', group: 1 };
    await test.shell.events.insertMany([
      eventOf(id, 2, 'UserUpdated', { group: 2 }),
      eventOf(id, 1, 'UserCreated', created),
    ]); // in one call: no reader sees only one of the two
    const times = { invokedAt, completedAt: performance.now() };
    inserted.push(
      { ...callOf(id, 1, 'create', { id, ...created }), ...times },
      { ...callOf(id, 2, 'update', { group: 2 }), ...times },
    );
  }
};

const eventOf = (entityId: string, version: number, type: string, data: StoredEvent['data']): StoredEvent => ({
  ...{
    _id: randomUUID(),
    entity: 'user',
    entityId,
    version,
    partition: partitionOf('user', entityId, partitions),
    type,
    data,
  },
  ...{ at: new Date(), meta: { requestId: requestOf(entityId, version) } },
});

const requestOf = (id: string, version: number) => `${id}-${version}`;

const callOf = (id: string, version: number, op: Call['op'], sent: User): Omit<Call, 'invokedAt' | 'completedAt'> => ({
  ...{
    session: id,
    subject: 'user',
    requestId: requestOf(id, version),
    op,
    id,
    sent,
    minVersion: undefined,
    returned: 0,
    outcome: 'unknown',
  },
  ...{
    status: undefined,
    version: undefined,
    shown: undefined,
    problem: undefined,
    source: undefined,
    lagMs: undefined,
    retryAfter: undefined,
  },
});
