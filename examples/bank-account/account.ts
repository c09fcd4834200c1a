import { countBy, defineEntity, Joi, optional, refuse, unchanged } from 'muster';

const cents = Joi.number().integer().min(1).max(1_000_000_00);
const text = Joi.string().min(1).max(200);

/** A bank account. Amounts are whole cents. A closed account stays readable and takes no money. */
export const account = defineEntity({
  name: 'account',
  collection: 'Accounts',
  state: { owner: text, cents: Joi.number().integer().min(0), closedAt: optional(Joi.date()) },
  indexes: ['owner', 'cents'],
  views: { byOwner: countBy('owner', { measures: ['cents'] }) },

  events: {
    AccountOpened: { creates: true, fields: { owner: text } },
    MoneyDeposited: { fields: { cents, reference: optional(text) } },
    MoneyWithdrawn: { fields: { cents } },
    AccountClosed: {},
  },

  upcasts: {
    MoneyDeposited: [
      ({ euros }) => ({ amount: Math.round(Number(euros) * 100) }), // shape 1 counted euros, with a fraction
      ({ amount, ...others }) => ({ ...others, cents: amount }), // shape 2 did not say of what the amount is
    ],
  },

  evolve: {
    AccountOpened: (_, { data }) => ({ owner: data.owner, cents: 0 }),
    MoneyDeposited: (state, { data }) => ({ ...state, cents: state.cents + data.cents }),
    MoneyWithdrawn: (state, { data }) => ({ ...state, cents: state.cents - data.cents }),
    AccountClosed: (state, { at }) => ({ ...state, closedAt: at }),
  },

  commands: {
    open: {
      creates: true,
      input: { owner: text },
      decide: ({ owner }) => ({ type: 'AccountOpened', data: { owner } }),
    },
    deposit: {
      input: { cents, reference: optional(text) },
      decide: (input, { closedAt }) => (closedAt ? refuse('Closed') : { type: 'MoneyDeposited', data: input }),
    },
    withdraw: {
      input: { cents },
      decide: (input, { closedAt, cents: balance }) => {
        if (closedAt) return refuse('Closed');
        if (input.cents > balance)
          return refuse('InsufficientFunds', `Cannot withdraw ${input.cents} cents: the balance is ${balance} cents`);
        return { type: 'MoneyWithdrawn', data: input };
      },
    },
    close: {
      decide: (_, { closedAt, cents: balance }) => {
        if (closedAt) return unchanged;
        if (balance > 0) return refuse('NotEmpty', `Cannot close the account: withdraw the ${balance} cents first`);
        return { type: 'AccountClosed', data: {} };
      },
    },
  },

  refusals: {
    InsufficientFunds: { status: 409, title: 'The balance is too low' },
    NotEmpty: { status: 409, title: 'The account is not empty' },
    Closed: { status: 409, title: 'The account is closed' },
  },
});
