import { deepStrictEqual, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { type CommandOf, given, play } from 'muster/testing';
import { account } from './account.ts';

type Command = CommandOf<typeof account>;

const cents = fc.integer({ min: 1, max: 100_00 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: fc.constantFrom('Ada', 'Bob').map((owner): Command => ['open', { owner }]), weight: 1 },
  { arbitrary: cents.map((amount): Command => ['deposit', { cents: amount }]), weight: 4 },
  { arbitrary: cents.map((amount): Command => ['withdraw', { cents: amount }]), weight: 4 },
  { arbitrary: fc.constant<Command>(['close', {}]), weight: 1 },
);
const commands = fc.array(command, { maxLength: 30 });

const signs: Record<string, number> = { MoneyDeposited: 1, MoneyWithdrawn: -1 };

describe('Laws of a bank account', () => {
  it('the balance is never below zero', () =>
    fc.assert(
      fc.property(commands, (asked) => {
        for (const state of play(account, asked).states) ok(typeof state === 'object' && state.cents >= 0);
      }),
    ));

  it('the balance is what came in without what went out: no money is made or lost', () =>
    fc.assert(
      fc.property(commands, (asked) => {
        const { events, states } = play(account, asked);
        const last = states.at(-1);
        const sum = events.reduce(
          (total, { type, data }) => total + (signs[type] ?? 0) * Number('cents' in data ? data.cents : 0),
          0,
        );
        deepStrictEqual(typeof last === 'object' ? last.cents : 0, sum);
      }),
    ));

  it('a closed account never changes again', () =>
    fc.assert(
      fc.property(commands, (asked) => {
        const { events } = play(account, asked);
        const closedAt = events.findIndex(({ type }) => type === 'AccountClosed');
        ok(closedAt === -1 || closedAt === events.length - 1);
      }),
    ));

  it('its events alone tell its state', () =>
    fc.assert(
      fc.property(commands, (asked) => {
        const { events, states } = play(account, asked);
        const last = states.at(-1);
        if (typeof last === 'object') given(account, ...events).thenState(last);
      }),
    ));
});
