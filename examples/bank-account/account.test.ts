import { given } from 'muster/testing';
import { account } from './account.ts';

const opened = { type: 'AccountOpened', data: { owner: 'Ada' } } as const;
const deposited = (cents: number) => ({ type: 'MoneyDeposited', data: { cents } }) as const;
const closed = { type: 'AccountClosed', data: {} } as const;

describe('A bank account', () => {
  it('is opened without money', () =>
    given(account).when('open', { owner: 'Ada' }).thenState({ owner: 'Ada', cents: 0 }));
  it('is opened once', () => given(account, opened).when('open', { owner: 'Bob' }).thenRefused('Exists'));
  it('has an owner with a name', () => given(account).when('open', { owner: '' }).thenInvalid('/owner'));

  it('takes deposits', () =>
    given(account, opened).when('deposit', { cents: 5 }).thenEvent('MoneyDeposited', { cents: 5 }));
  it('keeps the reference of a deposit in the log', () =>
    given(account, opened)
      .when('deposit', { cents: 5, reference: 'Rent' })
      .thenEvent('MoneyDeposited', { cents: 5, reference: 'Rent' }));
  it('adds deposits up', () =>
    given(account, opened, deposited(5), deposited(7)).thenState({ owner: 'Ada', cents: 12 }));
  it('takes no deposit of nothing', () => given(account, opened).when('deposit', { cents: 0 }).thenInvalid('/cents'));
  it('takes no part of a cent', () => given(account, opened).when('deposit', { cents: 0.5 }).thenInvalid('/cents'));

  it('pays out what it has', () =>
    given(account, opened, deposited(5)).when('withdraw', { cents: 5 }).thenState({ owner: 'Ada', cents: 0 }));
  it('is not overdrawn', () =>
    given(account, opened, deposited(5)).when('withdraw', { cents: 6 }).thenRefused('InsufficientFunds'));
  it('that was never opened is not found', () => given(account).when('deposit', { cents: 5 }).thenRefused('NotFound'));

  it('is closed when it is empty', () => given(account, opened).when('close').thenEvent('AccountClosed', {}));
  it('is not closed with money in it', () =>
    given(account, opened, deposited(5)).when('close').thenRefused('NotEmpty'));
  it('that is closed stays closed', () => given(account, opened, closed).when('close').thenUnchanged());
  it('that is closed takes no deposit', () =>
    given(account, opened, closed).when('deposit', { cents: 5 }).thenRefused('Closed'));
  it('that is closed pays nothing out', () =>
    given(account, opened, closed).when('withdraw', { cents: 5 }).thenRefused('Closed'));

  it('counts the euros of the first deposits as cents', () =>
    given(account, opened, { type: 'MoneyDeposited', data: { euros: 1.15 }, shape: 1 }).thenState({
      owner: 'Ada',
      cents: 115,
    }));
  it('counts the amount of the second form of deposits as cents', () =>
    given(account, opened, { type: 'MoneyDeposited', data: { amount: 115, reference: 'Rent' }, shape: 2 }).thenState({
      owner: 'Ada',
      cents: 115,
    }));
});
