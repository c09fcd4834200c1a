import { at, given, play } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import { type Command, type Decision, decide, EntityBroken } from './decide.ts';
import { deleted, refuse, unchanged } from './decision.ts';
import { defineEntity } from './define-entity.ts';
import type { CommandType, Entity } from './entity.ts';
import { optional } from './optional.ts';
import { absent, applyStored, fold, type State } from './state.ts';
import type { Event, Fields, StoredEvent } from './stored-event.ts';

const marks = optional(Joi.array().items(Joi.string()));

/** A tally that only grows, with marks that come and go. */
const tally = defineEntity({
  name: 'tally',
  collection: 'Tallies',
  state: { count: Joi.number(), marks },
  events: {
    Begun: {
      creates: true,
      fields: { count: Joi.number<number | null>().allow(null), marks },
    },
    Raised: { fields: { by: Joi.number().integer().min(1) } },
    Marked: { fields: { marks } },
    Ended: {},
  },
  upcasts: { Begun: [({ start }) => ({ count: start })] },
  evolve: {
    Begun: (_, { data }) => ({ count: data.count ?? 0, marks: data.marks }),
    Raised: (state, { data }) => ({ ...state, count: state.count + data.by }),
    Marked: (state, { data }) => ({ ...state, marks: data.marks }),
    Ended: () => deleted,
  },
  commands: {
    begin: {
      creates: true,
      input: { count: Joi.number<number | null>().integer().min(0).allow(null) },
      decide: (input) => ({ type: 'Begun', data: input }),
    },
    raise: {
      input: { by: Joi.number().integer().min(1) },
      decide: (input, { count }) => (count > 20 ? refuse('Enough') : { type: 'Raised', data: input }),
    },
    mark: {
      input: { marks },
      decide: (input, state) => (input.marks || state.marks ? { type: 'Marked', data: input } : unchanged),
    },
    end: { decide: () => ({ type: 'Ended', data: {} }) },
  },
  refusals: { Enough: { status: 409, title: 'It is enough' } },
});

const anyCount = fc.integer({ min: 0, max: 30 });
const anyMarks = fc.array(fc.string({ minLength: 1 }), { maxLength: 2 });
const anyAsked = fc.array(
  fc.oneof(
    fc.record({ count: fc.option(anyCount) }).map((input) => ['begin', input] as const),
    fc.record({ by: fc.integer({ min: 1, max: 9 }) }).map((input) => ['raise', input] as const),
    fc.record({ marks: anyMarks }, { requiredKeys: [] }).map((input) => ['mark', input] as const),
    fc.constant(['end', {}] as const),
  ),
  { maxLength: 12 },
);

const asStored = ({ type, data }: { type: string; data: Fields }, version: number, shape?: number): StoredEvent => ({
  ...{ _id: 'x', entity: 'tally', entityId: 'a', partition: 0, type, data, version, at: at(version) },
  meta: { requestId: 'test', shape: shape ?? (type === 'Begun' ? 2 : 1) },
});
/** The state after each of these events. */
const applyAll = (events: readonly StoredEvent[]): State[] => {
  const states: State[] = [];
  for (const event of events) {
    const applied = applyStored(tally, states.at(-1) ?? absent, event);
    if (applied.kind === 'poison') throw new Error(applied.problem);
    states.push(applied.state);
  }
  return states;
};

describe('Laws of an entity with its own events', () => {
  it('what was decided is understood, and leads to the state that was decided', () =>
    fc.assert(
      fc.property(anyAsked, (asked) => {
        const { events, states } = play(tally, asked);
        const read = applyAll(events.map((event, index) => asStored(event as Event, index + 1)));
        const shown = read.map((state) => (state.status === 'active' ? state.fields : state.status));
        expect(shown).to.deep.equal(states);
        expect(read.map(({ version }) => version)).to.deep.equal(read.map((_, index) => index + 1));
      }),
    ));

  it('folding from any cut is folding from the start', () =>
    fc.assert(
      fc.property(anyAsked, (asked) => {
        const events = play(tally, asked).events.map((event, index): Event => {
          return { ...(event as Event), version: index + 1, at: at(index + 1) };
        });
        for (let cut = 0; cut <= events.length; cut += 1)
          expect(fold(tally, events.slice(cut), fold(tally, events.slice(0, cut)))).to.deep.equal(fold(tally, events));
      }),
    ));

  it('a former shape leads to the same state as that of today', () =>
    fc.assert(
      fc.property(anyCount, (count) => {
        given(tally, { type: 'Begun', data: { start: count }, shape: 1 }).thenState({ count });
        given(tally, { type: 'Begun', data: { count } }).thenState({ count });
      }),
    ));

  it('any stored event leads to a state of the next version, or is poison: nothing is thrown', () => {
    const anyType = fc.oneof(fc.constantFrom('Begun', 'Raised', 'Marked', 'Ended'), fc.string());
    const anyData = fc.oneof(
      fc.dictionary(fc.constantFrom('count', 'marks', 'by', 'start', '__proto__', 'x'), fc.anything()),
      fc.anything(),
    );
    const anyStored = fc.record({ type: anyType, data: anyData, shape: fc.oneof(fc.integer(), fc.anything()) });
    fc.assert(
      fc.property(anyAsked, anyStored, (asked, { type, data, shape }) => {
        const before = fold(tally, play(tally, asked).events as Event[]);
        const version = before.version + 1;
        const applied = applyStored(tally, before, asStored({ type, data: data as Fields }, version, shape as number));
        if (applied.kind === 'state') expect(applied.state.version).to.equal(version);
        else expect(applied.problem).to.be.a('string');
      }),
      { numRuns: 1_000 },
    );
  });

  it('whatever a decide returns, an event that every reader understands is appended, or none', () => {
    const anyDecided = fc.oneof(
      fc.record({ type: fc.constantFrom('Begun', 'Raised', 'Marked', 'Ended', 'Lost'), data: fc.anything() }),
      fc.record({
        type: fc.constantFrom('Begun', 'Raised', 'Marked'),
        data: fc.dictionary(fc.constantFrom('count', 'marks', 'by'), fc.oneof(fc.nat(), anyMarks, fc.anything())),
      }),
      fc.record({ kind: fc.constant('refused'), reason: fc.constantFrom('Enough', 'Other', undefined) }),
      fc.anything(),
    );
    fc.assert(
      fc.property(fc.boolean(), anyDecided, (isThere, decided) => {
        const before = fold(tally, isThere ? [{ type: 'Begun', data: { count: 1 }, version: 1, at: at(1) }] : []);
        const name = isThere ? 'raise' : 'begin';
        const decision = decideOrBreak(deciding(name, decided), name, before);
        if (decision?.kind !== 'event') return;
        const version = before.version + 1;
        const { event, next } = decision;
        expect(applyStored(tally, before, asStored(event, version, event.shape))).to.deep.equal({
          ...{ kind: 'state', state: next },
        });
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The decision; undefined where the entity is broken. Any other failure is one of the engine. */
const decideOrBreak = (entity: Entity, name: string, state: State): Decision | undefined => {
  const command: Command = { type: entity.commands.get(name) as CommandType, input: {} };
  try {
    return decide(entity, command, state, at(state.version + 1));
  } catch (error) {
    if (error instanceof EntityBroken) return undefined;
    throw error;
  }
};

const deciding = (name: string, decided: unknown): Entity => {
  const command = { ...(tally.commands.get(name) as CommandType), decide: () => decided as never };
  return { ...tally, commands: new Map([[name, command]]) };
};
