import { nextRandom, pickFrom, type Seeded } from '@muster/testing';
import type { Call } from './history.ts';

/** What a session asks next. */
export type Wanted = Pick<Call, 'subject' | 'op' | 'id' | 'sent'>;

/** The bank accounts that a load opens first: everybody wants the hot ones, which stay open. */
export type Accounts = { hot: readonly string[]; cold: readonly string[] };

/** What a session's choices depend on. `opened`: how many further accounts it asked to open. */
export type Customer = { name: string; random: Seeded; calls: number; opened: number };

/**
 * The accounts of a load with these users. The hot accounts have the ids of users, so that what reaches the one instead
 * of the other shows. Pure.
 */
export const accountsOf = (load: string, users: readonly string[]): Accounts => ({
  hot: users.slice(0, 4),
  cold: Array.from({ length: 12 }, (_, index) => `account-${load}-${index}`),
});

export const openAccount = (id: string): Wanted => ({
  subject: 'account',
  op: 'create',
  id,
  sent: { id, owner: `Owner of ${id}` },
});

/**
 * A call on a bank account, of the seed alone. Withdrawals are larger than deposits, so that the money runs out now and
 * then. Counts what the session opens.
 */
export const chooseAccountCall = ({ hot, cold }: Accounts, customer: Customer): Wanted => {
  const { random, calls } = customer;
  const isHot = nextRandom(random) < 0.5;
  const id = isHot ? pickFrom(random, hot) : chooseCold(cold, customer);
  const dice = nextRandom(random);
  // amounts differ, so that a command which ran twice, or with another's amount, shows in the sum
  const cents = 100 * (1 + Math.floor(nextRandom(random) * 50)) + (calls % 100);
  if (cold.slice(-closedSoon).includes(id) && nextRandom(random) < 0.5) return closeAccount(id);
  if (dice < 0.05) return openAccount(nextId(customer));
  if (dice < 0.07) return openAccount(id); // it exists
  if (dice < 0.37) return { subject: 'account', op: 'deposit', id, sent: { cents } };
  if (dice < 0.67) return { subject: 'account', op: 'withdraw', id, sent: { cents: cents + 300 } };
  if (dice < 0.7 && !isHot) return closeAccount(id);
  if (dice < 0.71) return { subject: 'account', op: 'deposit', id: `never-${id}`, sent: { cents } };
  return { subject: 'account', op: 'read', id: dice < 0.73 ? `never-${id}` : id, sent: undefined };
};

const closedSoon = 4; // of the cold ones: they are closed as soon as they can be

/** One that all know, or one of its own. Every other one of its own is left alone: no later event hides its loss. */
const chooseCold = (cold: readonly string[], customer: Customer): string => {
  const isOwn = customer.opened > 0 && nextRandom(customer.random) < 0.5;
  if (!isOwn) return pickFrom(customer.random, cold);
  return ownId(customer, 2 * Math.floor((nextRandom(customer.random) * customer.opened) / 2));
};

const closeAccount = (id: string): Wanted => ({ subject: 'account', op: 'close', id, sent: undefined });

const ownId = ({ name }: Customer, index: number) => `account-${name}-own-${index}`;

const nextId = (customer: Customer): string => {
  customer.opened += 1;
  return ownId(customer, customer.opened - 1);
};
