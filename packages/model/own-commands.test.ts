import { at, given, stateAfter } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { type Command, type Decision, decide, EntityBroken } from './decide.ts';
import { deleted, refuse, unchanged } from './decision.ts';
import { defineEntity } from './define-entity.ts';
import { defineRecord } from './define-record.ts';
import type { CommandType, Entity } from './entity.ts';
import { optional } from './optional.ts';
import { parseInput } from './parse-input.ts';
import { absent, applyStored, type State } from './state.ts';
import type { Fields } from './stored-event.ts';

const seats = Joi.number().integer().min(1).max(100);

/** A train with seats. It can be booked until it leaves. */
const train = defineEntity({
  name: 'train',
  collection: 'Trains',
  state: { free: Joi.number(), leavesAt: Joi.date(), note: optional(Joi.string()) },
  events: {
    TrainPlanned: { creates: true, fields: { seats, leavesAt: Joi.date(), note: optional(Joi.string()) } },
    TrainBooked: { fields: { seats } },
    TrainCancelled: {},
  },
  upcasts: { TrainBooked: [(old) => old] },
  evolve: {
    TrainPlanned: (_, { data }) => ({ free: data.seats, leavesAt: data.leavesAt, note: data.note }),
    TrainBooked: (state, { data }) => ({ ...state, free: state.free - data.seats }),
    TrainCancelled: () => deleted,
  },
  commands: {
    plan: {
      creates: true,
      input: { seats, leavesAt: Joi.date(), note: optional(Joi.string()) },
      decide: (input, _, now) =>
        input.leavesAt < now
          ? refuse('TooLate', 'It would have left')
          : { type: 'TrainPlanned', data: { seats: input.seats, leavesAt: input.leavesAt, note: input.note } },
    },
    book: {
      input: { seats },
      decide: (input, state, now) => {
        if (now > state.leavesAt) return refuse('TooLate');
        return input.seats > state.free
          ? refuse('Full', `${state.free} are free`)
          : { type: 'TrainBooked', data: input };
      },
    },
    cancel: { decide: () => ({ type: 'TrainCancelled', data: {} }) },
    wait: { decide: () => unchanged },
  },
  refusals: {
    Full: { status: 409, title: 'There are not enough seats' },
    TooLate: { status: 410, title: 'The train has left' },
  },
});

const leavesAt = new Date('2026-06-01T08:00:00Z');
const planned = { type: 'TrainPlanned', data: { seats: 3, leavesAt } } as const;
const booked = (count: number) => ({ type: 'TrainBooked', data: { seats: count } }) as const;
const cancelled = { type: 'TrainCancelled', data: {} } as const;

describe('A command of an entity with its own events', () => {
  it('leads to the event that it decides', () => {
    given(train).when('plan', planned.data).thenEvent('TrainPlanned', planned.data);
    given(train, planned).when('book', { seats: 2 }).thenEvent('TrainBooked', { seats: 2 });
    given(train, planned, booked(2)).when('cancel').thenEvent('TrainCancelled', {});
  });

  it('leads to the state after that event', () => {
    given(train).when('plan', planned.data).thenState({ free: 3, leavesAt });
    given(train, planned, booked(1)).when('book', { seats: 2 }).thenState({ free: 0, leavesAt });
    given(train, planned).when('cancel').thenDeleted();
  });

  it('decides by its time', () => {
    const late = { now: new Date('2026-06-01T08:00:01Z') };
    given(train, planned).when('book', { seats: 1 }, { now: leavesAt }).thenEvent('TrainBooked', { seats: 1 });
    given(train, planned).when('book', { seats: 1 }, late).thenRefused('TooLate');
    given(train).when('plan', planned.data, late).thenRefused('TooLate');
  });

  it('may change nothing', () => given(train, planned).when('wait').thenUnchanged());

  it('needs an input that fits', () => {
    given(train, planned).when('book', { seats: 0 }).thenInvalid('/seats');
    given(train).when('plan').thenInvalid('/seats', '/leavesAt');
  });

  it('runs on a thing that is there; the one that creates, where none ever was', () => {
    for (const name of ['book', 'cancel', 'wait'] as const) {
      const input = { seats: 1 };
      given(train)
        .when(name, name === 'book' ? input : {})
        .thenRefused('NotFound');
      given(train, planned, cancelled)
        .when(name, name === 'book' ? input : {})
        .thenRefused('Deleted');
    }
    given(train, planned).when('plan', planned.data).thenRefused('Exists');
    given(train, planned, cancelled).when('plan', planned.data).thenRefused('Exists');
  });

  it('runs at the version that was asked for, and at no other', () => {
    given(train, planned, booked(1))
      .when('book', { seats: 1 }, { ifVersion: 2 })
      .thenEvent('TrainBooked', { seats: 1 });
    for (const ifVersion of [0, 1, 3])
      given(train, planned, booked(1)).when('book', { seats: 9 }, { ifVersion }).thenRefused('OtherVersion');
    given(train, planned, booked(1)).when('wait', {}, { ifVersion: 1 }).thenRefused('OtherVersion');
    given(train, planned, cancelled).when('wait', {}, { ifVersion: 1 }).thenRefused('Deleted');
  });
});

describe('What a command is decided to be', () => {
  const afterPlan = stateAfter(train, [planned]);

  it('is an event with the shape of its data and the state that it leads to', () => {
    const decision = decide(train, commandOf(train, 'book', { seats: 2 }), afterPlan, at(7));
    expect(decision).to.deep.equal({
      kind: 'event',
      event: { type: 'TrainBooked', data: { seats: 2 }, shape: 2 },
      next: {
        ...{ status: 'active', version: 2, fields: { free: 1, leavesAt }, createdAt: at(1), updatedAt: at(7) },
      },
    });
  });

  it('has neither a field that is undefined in the event nor in the state: the log has none', () => {
    const { leavesAt: time } = planned.data;
    const decision = decide(train, commandOf(train, 'plan', { seats: 3, leavesAt: time }), absent, at(1));
    expect(decision.kind === 'event' && Object.keys(decision.event.data)).to.deep.equal(['seats', 'leavesAt']);
    expect(decision.kind === 'event' && decision.next.status === 'active' && Object.keys(decision.next.fields)).to.eql([
      ...['free', 'leavesAt'],
    ]);
  });

  it('is a declared refusal, with what it says of this case', () => {
    const refusedWith = (name: string, input: Fields, state: State, now: Date) =>
      decide(train, commandOf(train, name, input), state, now);
    expect(refusedWith('book', { seats: 4 }, afterPlan, at(1))).to.deep.equal({
      ...{ kind: 'declared', reason: 'Full', detail: '3 are free' },
    });
    const late = new Date('2026-07-01');
    expect(refusedWith('book', { seats: 1 }, afterPlan, late)).to.deep.equal({
      ...{ kind: 'declared', reason: 'TooLate', detail: undefined },
    });
    expect(refusedWith('plan', planned.data, absent, late)).to.deep.equal({
      ...{ kind: 'declared', reason: 'TooLate', detail: 'It would have left' },
    });
  });

  it('is made of the input, the state, the time and the site, none of which changes', () => {
    const input = Object.freeze({ seats: 2 });
    const seen: unknown[] = [];
    const spying = withDecide('book', (...args: unknown[]) => {
      seen.push(args);
      return unchanged;
    });
    decide(spying, { ...commandOf(spying, 'book', input), site: 'oslo' }, afterPlan, at(7));
    expect(seen).to.deep.equal([[{ seats: 2 }, { free: 3, leavesAt }, at(7), { site: 'oslo' }]]);
  });

  it('is not asked where the engine refuses', () => {
    const spying = withDecide('book', () => expect.fail('it was asked'));
    const book = (state: State, ifVersion?: number) =>
      decide(
        spying,
        {
          ...commandOf(spying, 'book', { seats: 1 }),
          ...(ifVersion === undefined ? {} : { precondition: { match: [ifVersion] } }),
        },
        state,
        at(2),
      );
    const gone = stateAfter(train, [planned, cancelled]);
    expect([book(absent), book(gone), book(afterPlan, 9)]).to.deep.equal([
      { kind: 'refused', reason: 'NotFound' },
      { kind: 'refused', reason: 'Deleted' },
      { kind: 'refused', reason: 'OtherVersion' },
    ]);
  });
});

describe('An entity is broken', () => {
  const book = (decided: unknown, state = stateAfter(train, [planned])): Decision => {
    const entity = withDecide('book', () => decided);
    return decide(entity, commandOf(entity, 'book', { seats: 1 }), state, at(2));
  };
  const plan = (decided: unknown): Decision => {
    const entity = withDecide('plan', () => decided);
    return decide(entity, commandOf(entity, 'plan', planned.data), absent, at(1));
  };
  const beginOf = (command: string) => `Cannot run ${command} of entity "train": `;
  /** What an EntityBroken says between which command it is and that its file must be mended. */
  const complaint = (run: () => unknown, begin = beginOf('book')): string => {
    try {
      return `no complaint, but ${JSON.stringify(run())}`;
    } catch (error) {
      const end = "; mend the entity's file";
      if (!(error instanceof EntityBroken) || !error.message.startsWith(begin) || !error.message.endsWith(end))
        throw error;
      return error.message.slice(begin.length, -end.length);
    }
  };

  it('when its decide throws, and the message names the command and the entity', () => {
    const failure = new Error('no idea');
    const failing = withDecide('book', () => {
      throw failure;
    });
    const run = () => decide(failing, commandOf(failing, 'book', { seats: 1 }), stateAfter(train, [planned]), at(2));
    expect(run)
      .to.throw(EntityBroken, /^Cannot run book of entity "train": its decide throws: no idea; mend the entity's file$/)
      .with.property('cause', failure);
  });

  it('when its decide does not decide, or not at once', () => {
    for (const wrong of [undefined, null, 'TrainBooked', 7, true, Promise.resolve(unchanged)])
      expect(
        complaint(() => book(wrong)),
        String(wrong),
      ).to.equal('its decide must return an event, unchanged or refuse(…), and at once');
  });

  it('when it refuses for a reason that is not declared', () => {
    for (const reason of ['Empty', 'NotFound', 'toString', undefined])
      expect(complaint(() => book(refuse(reason as string)))).to.equal(
        `it refuses with ${JSON.stringify(reason)}, which is not declared`,
      );
  });

  it('when it gives an event of an unknown type', () => {
    for (const type of ['TrainBoked', 'trainBooked', 'toString', undefined, 7])
      expect(complaint(() => book({ type, data: {} }))).to.equal(
        `it gives an event of the unknown type ${JSON.stringify(type)}`,
      );
    for (const wrong of [{}, [], [booked(1)], { kind: 'event', event: booked(1) }])
      expect(complaint(() => book(wrong))).to.equal('it gives an event of the unknown type undefined');
  });

  it('when it gives data that does not fit the event', () => {
    const misfits: [data: unknown, problem: string][] = [
      [{}, '"seats" is required'],
      [{ seats: undefined }, '"seats" is required'],
      [{ seats: '2' }, '"seats" must be a number'],
      [{ seats: 0 }, '"seats" must be greater than or equal to 1'],
      [{ seats: 1, row: 1 }, '"row" is not allowed'],
      [[1], '"value" must be of type object'],
    ];
    for (const [data, problem] of misfits)
      expect(complaint(() => book({ type: 'TrainBooked', data }))).to.equal(
        `it gives TrainBooked with data that does not fit: ${problem}`,
      );
    for (const data of [undefined, null, 7, 'x'])
      expect(complaint(() => book({ type: 'TrainCancelled', data }))).to.equal(
        'it gives TrainCancelled without data: give an object, such as {}',
      );
  });

  it('when it gives data that its schema lets pass and that no reader would understand', () => {
    const seats = optional(Joi.number().empty('none'));
    const lax = defineEntity({
      ...{ name: 'train', collection: 'Trains', state: {} },
      events: { Begun: { creates: true, fields: { seats } } },
      evolve: { Begun: () => ({}) },
      commands: { begin: { creates: true, decide: () => ({ type: 'Begun', data: { seats: 'none' as never } }) } },
    });
    expect(complaint(() => decide(lax, commandOf(lax, 'begin', {}), absent, at(1)), beginOf('begin'))).to.equal(
      'it gives Begun with data that does not fit: its field "seats" is not of type number',
    );
    const record = defineRecord({
      ...{ name: 'train', title: 'Train', collection: 'Trains', fields: { seats: Joi.number().custom(String) } },
    });
    const parsed = parseInput(record.creating, { seats: 1 });
    const create = commandOf(record, 'create', parsed.kind === 'input' ? parsed.fields : {});
    expect(complaint(() => decide(record, create, absent, at(1)), beginOf('create'))).to.equal(
      'it gives TrainCreated with data that does not fit: its field "seats" is not of type number',
    );
  });

  it('when a command that creates gives an event that does not, or the other way round', () => {
    expect(complaint(() => plan(booked(1)), beginOf('plan'))).to.equal(
      'it gives TrainBooked, which does not create a thing',
    );
    expect(complaint(() => book(planned))).to.equal('it gives TrainPlanned, which creates a thing');
  });

  it('when a command that creates gives no event: there is no thing that could be unchanged', () =>
    expect(complaint(() => plan(unchanged), beginOf('plan'))).to.equal(
      'a command that creates must give an event, or refuse',
    ));

  it('when its evolve fails on the event: the event is not worth a place in the log', () => {
    const withEvolve = (evolve: () => unknown): Entity => ({
      ...train,
      events: new Map([...train.events].map(([type, event]) => [type, { ...event, evolve: evolve as never }])),
    });
    const run = (evolve: () => unknown) => () =>
      decide(withEvolve(evolve), commandOf(train, 'book', { seats: 1 }), stateAfter(train, [planned]), at(2));
    const failure = new Error('no idea');
    const throwing = run(() => {
      throw failure;
    });
    expect(complaint(throwing)).to.equal('the evolve of TrainBooked throws: no idea');
    expect(throwing).to.throw().with.nested.property('cause.cause', failure);
    expect(complaint(run(() => undefined))).to.match(/^the evolve of TrainBooked does not give a state/);
    expect(complaint(run(() => ({ free: 1 })))).to.equal(
      'the evolve of TrainBooked gives a state without the field "leavesAt"',
    );
    expect(complaint(run(async () => ({ free: 1, leavesAt })))).to.match(/does not give a state/);
  });
});

describe('An event that was decided', () => {
  it('is understood by every reader, who comes to the same state', () => {
    const steps: [name: string, input: Fields][] = [
      ['plan', { seats: 3, leavesAt }],
      ['book', { seats: 2 }],
      ['book', { seats: 2 }],
      ['wait', {}],
      ['cancel', {}],
    ];
    let state: State = absent;
    let read: State = absent;
    for (const [name, input] of steps) {
      const decision = decide(train, commandOf(train, name, input), state, at(state.version + 1));
      if (decision.kind !== 'event') continue;
      const { type, data, shape } = decision.event;
      const about = { _id: 'x', entity: 'train', entityId: 'a', partition: 0, meta: { requestId: 'test', shape } };
      const version = state.version + 1;
      const applied = applyStored(train, read, { ...about, type, data, version, at: at(version) });
      expect(applied).to.deep.equal({ kind: 'state', state: decision.next });
      state = decision.next;
      read = applied.kind === 'state' ? applied.state : read;
    }
    expect(state).to.deep.include({ status: 'deleted', version: 3 });
  });
});

const commandOf = (entity: Entity, name: string, input: Fields): Command => {
  const type = entity.commands.get(name);
  if (!type) throw new Error(`A ${entity.name} has no command ${name}`);
  return { type, input };
};

/** The train with another `decide`, as JavaScript may have it. */
const withDecide = (name: string, other: (...args: unknown[]) => unknown): Entity => ({
  ...train,
  commands: new Map(
    [...train.commands].map(([own, command]): [string, CommandType] => [
      own,
      own === name ? { ...command, decide: other as never } : command,
    ]),
  ),
});
