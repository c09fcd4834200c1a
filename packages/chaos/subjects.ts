import type { StoredEvent } from '@muster/store';
import type { Call, Shown } from './history.ts';

/** What the log has of a thing at one version. `shown` is what clients see of it, as JSON. */
export type Folded = {
  status: 'absent' | 'active' | 'deleted';
  shown: Shown | undefined;
  createdAt: Date | undefined;
  changedAt: Date | undefined;
};

/**
 * What the harness knows of an entity. It folds by itself: the code under test must not be its own judge. A further
 * entity is a further value of this type, and calls in the load.
 */
export type Subject = {
  name: 'user' | 'account';
  path: string;
  collection: string;
  keeps: boolean; // few states stay in memory. Its lists are in the order of ids
  /** The state after an event. Throws for an event of an unknown type. */
  after: (id: string, before: Folded, event: StoredEvent) => Folded;
  /** The fields of its record. */
  fieldsOf: (shown: Shown) => Record<string, unknown>;
  /** The type of the event that a call leads to. */
  types: Partial<Record<Call['op'], string>>;
  /** The statuses that an answer may have. */
  expected: Partial<Record<Call['op'], number[]>>;
  /** Whether this state refuses that call with this answer. */
  refuses: (state: Folded, call: Call) => boolean;
  /** Whether the call changes nothing in this state, so that no event follows. */
  isNoOp: (state: Folded, call: Call) => boolean;
};

export const absent: Folded = { status: 'absent', shown: undefined, createdAt: undefined, changedAt: undefined };

const users: Subject = {
  name: 'user',
  path: '/api/user',
  collection: 'Users',
  keeps: false,
  after: (id, before, { type, data, at }) => {
    switch (type) {
      case 'UserCreated':
        return { status: 'active', shown: { id, ...data }, createdAt: at, changedAt: at };
      case 'UserUpdated':
        return { ...before, shown: { ...before.shown, ...data }, changedAt: at };
      case 'UserDeleted':
        return { ...before, status: 'deleted', shown: undefined, changedAt: at };
      default:
        throw new Error(`The log has an event of the type ${type}`);
    }
  },
  fieldsOf: ({ id: _, ...fields }) => fields,
  types: { create: 'UserCreated', update: 'UserUpdated', delete: 'UserDeleted' },
  expected: {
    create: [201, 409, 503],
    update: [200, 404, 410, 503],
    delete: [204, 404, 410, 503],
    read: [200, 404, 410, 503],
  },
  refuses: ({ status }, call) => {
    switch (call.status) {
      case 404:
        return status === 'absent';
      case 410:
        return status === 'deleted';
      default:
        return status !== 'absent';
    }
  },
  isNoOp: () => false,
};

const accounts: Subject = {
  name: 'account',
  path: '/api/account',
  collection: 'Accounts',
  keeps: true,
  after: (id, before, { type, data, at }) => {
    const cents = before.shown?.cents ?? 0;
    switch (type) {
      case 'AccountOpened':
        return { status: 'active', shown: { id, ...data, cents: 0 }, createdAt: at, changedAt: at };
      case 'MoneyDeposited':
        return { ...before, shown: { ...before.shown, cents: cents + Number(data.cents) }, changedAt: at };
      case 'MoneyWithdrawn':
        return { ...before, shown: { ...before.shown, cents: cents - Number(data.cents) }, changedAt: at };
      case 'AccountClosed':
        return { ...before, shown: { ...before.shown, closedAt: at.toISOString() }, changedAt: at };
      default:
        throw new Error(`The log has an event of the type ${type}`);
    }
  },
  fieldsOf: ({ id: _, closedAt, ...fields }) => (closedAt ? { ...fields, closedAt: new Date(closedAt) } : fields),
  types: { create: 'AccountOpened', deposit: 'MoneyDeposited', withdraw: 'MoneyWithdrawn', close: 'AccountClosed' },
  expected: {
    create: [201, 409, 503],
    deposit: [200, 404, 409, 503],
    withdraw: [200, 404, 409, 503],
    close: [200, 404, 409, 503],
    read: [200, 404, 503],
  },
  refuses: ({ status, shown = {} }, { op, sent, status: answered, problem }) => {
    if (answered === 404) return status === 'absent';
    if (op === 'create') return status !== 'absent';
    const { cents = 0, closedAt } = shown;
    switch (problem?.type) {
      case '/problems/insufficient-funds':
        return op === 'withdraw' && !closedAt && (sent?.cents ?? 0) > cents;
      case '/problems/not-empty':
        return op === 'close' && !closedAt && cents > 0;
      case '/problems/closed':
        return op !== 'close' && closedAt !== undefined;
      default:
        return false;
    }
  },
  isNoOp: ({ shown }, { op }) => op === 'close' && shown?.closedAt !== undefined,
};

export const subjects: Record<Subject['name'], Subject> = { user: users, account: accounts };
