import { at, given } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { deleted, refuse } from './decision.ts';
import { defineEntity } from './define-entity.ts';
import type { Entity } from './entity.ts';
import { shapeOf } from './event.ts';
import { optional } from './optional.ts';
import { absent, applyStored, type State } from './state.ts';
import type { Fields, StoredEvent } from './stored-event.ts';

const text = Joi.string().min(1);

/** A parcel. Its first events counted kilos; the next had no addressee apart from the place. */
const parcel = defineEntity({
  name: 'parcel',
  collection: 'Parcels',
  state: { grams: Joi.number(), to: text, place: optional(text), movedAt: optional(Joi.date()) },
  events: {
    ParcelSent: {
      creates: true,
      fields: { grams: Joi.number().integer().min(1), to: text, note: optional(text.allow(null)) },
    },
    ParcelMoved: { fields: { place: text } },
    ParcelWeighed: { fields: { grams: Joi.number() } },
    ParcelThrownAway: {},
  },
  upcasts: {
    ParcelSent: [
      ({ kilos, label }) => ({ grams: Number(kilos) * 1_000, label }),
      ({ label, ...others }) => ({ ...others, to: String(label).toUpperCase() }),
    ],
  },
  evolve: {
    ParcelSent: (_, { data }) => ({ grams: data.grams, to: data.to }),
    ParcelMoved: (state, { data, at: movedAt }) => ({ ...state, place: data.place, movedAt }),
    ParcelWeighed: (state, { data, version }) => ({ ...state, grams: data.grams, place: `weighed at ${version}` }),
    ParcelThrownAway: () => deleted,
  },
  commands: { send: { creates: true, decide: () => refuse('Closed') } },
  refusals: { Closed: { status: 409, title: 'The office is closed' } },
});

const sent = { type: 'ParcelSent', data: { grams: 500, to: 'ADA' } } as const;
const moved = { type: 'ParcelMoved', data: { place: 'Bern' } } as const;
const thrownAway = { type: 'ParcelThrownAway', data: {} } as const;

const stored = (event: { type: string; data: unknown }, version = 1, more: object = {}): StoredEvent => ({
  ...{ _id: 'x', entity: 'parcel', entityId: 'a', partition: 0, version, at: at(version), meta: { requestId: 'test' } },
  ...(event as { type: string; data: Fields }),
  ...more,
});
const shaped = (shape: unknown, data: unknown, type = 'ParcelSent') =>
  stored({ type, data }, 1, { meta: { requestId: 'test', shape } });

const problemOf = (entity: Entity, event: StoredEvent, state: State = absent): string => {
  const applied = applyStored(entity, state, event);
  return applied.kind === 'poison' ? applied.problem : 'none';
};
const stateOf = (entity: Entity, ...events: StoredEvent[]): State =>
  events.reduce((state, event) => {
    const applied = applyStored(entity, state, event);
    if (applied.kind === 'poison') throw new Error(applied.problem);
    return applied.state;
  }, absent);

const active: State = {
  ...{ status: 'active', version: 1, fields: { grams: 500, to: 'ADA' }, createdAt: at(1), updatedAt: at(1) },
};

describe('The state of a thing with its own events', () => {
  it('begins with the event that creates it', () =>
    expect(applyStored(parcel, absent, shaped(3, sent.data))).to.deep.equal({ kind: 'state', state: active }));

  it('changes with each event, which says when it happened and as what version', () => {
    expect(stateOf(parcel, shaped(3, sent.data), stored(moved, 2))).to.deep.equal({
      ...{ status: 'active', version: 2, createdAt: at(1), updatedAt: at(2) },
      fields: { grams: 500, to: 'ADA', place: 'Bern', movedAt: at(2) },
    });
    const weighed = { type: 'ParcelWeighed', data: { grams: 501 } } as const;
    given(parcel, sent, moved, weighed).thenState({ grams: 501, to: 'ADA', place: 'weighed at 3', movedAt: at(2) });
  });

  it('keeps no fields once an event deletes it', () => {
    given(parcel, sent, moved, thrownAway).thenDeleted();
    expect(stateOf(parcel, shaped(3, sent.data), stored(thrownAway, 2))).to.deep.equal({
      ...{ status: 'deleted', version: 2, createdAt: at(1), deletedAt: at(2) },
    });
  });

  it('moves its version and nothing else at an event that does not fit', () => {
    expect(stateOf(parcel, stored(moved), stored(thrownAway, 2))).to.deep.equal({ status: 'absent', version: 2 });
    const again = shaped(3, { grams: 1, to: 'BOB' });
    expect(applyStored(parcel, active, { ...again, version: 2 })).to.deep.equal({
      ...{ kind: 'state', state: { ...active, version: 2 } },
    });
    const gone = stateOf(parcel, shaped(3, sent.data), stored(thrownAway, 2));
    for (const event of [moved, thrownAway])
      expect(applyStored(parcel, gone, stored(event, 3))).to.deep.equal({
        ...{ kind: 'state', state: { ...gone, version: 3 } },
      });
  });

  it('is made anew: neither the state before it nor the event changes', () => {
    const event = stored(Object.freeze({ ...moved, data: Object.freeze({ ...moved.data }) }), 2);
    const before = { ...active, fields: Object.freeze({ ...active.fields }) };
    expect(applyStored(parcel, Object.freeze(before), Object.freeze(event)).kind).to.equal('state');
    expect(before.fields).to.deep.equal(active.fields);
  });

  it('has no field that is undefined, since no record has one', () => {
    const event = stored({ type: 'ParcelMoved', data: { place: 'Bern' } }, 2);
    const forgetful = withEvolve({ ParcelMoved: (state: Fields) => ({ ...state, place: undefined }) });
    const applied = applyStored(forgetful, active, event);
    expect(applied.kind === 'state' && applied.state.status === 'active' && Object.keys(applied.state.fields)).to.eql([
      ...['grams', 'to'],
    ]);
  });
});

describe('A stored event of an own type', () => {
  it('is poison when its type is not known', () => {
    for (const type of ['ParcelLost', 'parcelSent', 'NoteCreated', 'toString', '', 7, null])
      expect(problemOf(parcel, stored({ ...sent, type: type as string }))).to.equal(
        `the type ${JSON.stringify(type)} is not known to entity "parcel"`,
      );
  });

  it('is poison when its envelope is damaged', () => {
    expect(problemOf(parcel, stored(sent, 0))).to.match(/^its version is 0/);
    expect(problemOf(parcel, stored(sent, 1, { at: '2026-01-01' }))).to.equal('its "at" is not a date');
    for (const data of [null, undefined, 'x', 7, []])
      expect(problemOf(parcel, stored({ ...sent, data }))).to.equal('its "data" is not an object');
  });

  it('is poison when a field is missing, of another type, or not of this event', () => {
    expect(problemOf(parcel, shaped(3, { grams: 500 }))).to.equal('its data lacks the field "to"');
    expect(problemOf(parcel, shaped(3, { ...sent.data, grams: '500' }))).to.equal(
      'its field "grams" is not of type number',
    );
    expect(problemOf(parcel, shaped(3, { ...sent.data, to: null }))).to.equal('its field "to" is not of type string');
    expect(problemOf(parcel, stored({ type: 'ParcelMoved', data: { place: 'Bern', to: 'ADA' } }, 2))).to.equal(
      'its data has a field "to", which ParcelMoved does not have',
    );
    expect(problemOf(parcel, stored({ ...thrownAway, data: { why: 'x' } }, 2))).to.contain('has a field "why"');
  });

  it('may lack what is optional, and hold null where its schema allows it', () => {
    for (const note of [{}, { note: 'x' }, { note: null }])
      expect(problemOf(parcel, shaped(3, { ...sent.data, ...note }))).to.equal('none');
  });

  it('is understood when a rule of today would refuse its values', () => {
    expect(problemOf(parcel, shaped(3, { grams: -0.5, to: '' }))).to.equal('none');
  });

  it('may hold every value that its schema takes, of whatever type', () => {
    const odd = defineEntity({
      ...{ name: 'odd', collection: 'Odds', state: {} },
      events: {
        Begun: {
          creates: true,
          fields: {
            value: Joi.alternatives(Joi.string(), Joi.valid(null)),
            count: Joi.number().allow('', 'many'),
            until: Joi.date().when('count', { is: 0, otherwise: Joi.date().allow(null) }),
          },
        },
      },
      evolve: { Begun: () => ({}) },
      commands: { begin: { creates: true, decide: (_, __, now) => begun({ value: null, count: 0, until: now }) } },
    });
    for (const data of [
      { value: null, count: '', until: null },
      { value: 'x', count: 'many', until: at(1) },
    ]) {
      expect(odd.events.get('Begun')?.schema.validate(data).error).to.equal(undefined);
      expect(problemOf(odd, stored(begun(data)))).to.equal('none');
    }
    expect(problemOf(odd, stored(begun({ value: 'x', count: 'few', until: null })))).to.equal(
      'its field "count" is not of type number',
    );
  });
});

const begun = <Data>(data: Data) => ({ type: 'Begun', data }) as const;

describe('A former shape of an event', () => {
  it('has a number, which counts on with each upcast', () => {
    const shapeOfType = (type: string) => shapeOf(parcel.events.get(type) ?? expect.fail());
    expect([shapeOfType('ParcelSent'), shapeOfType('ParcelMoved')]).to.deep.equal([3, 1]);
  });

  it('is turned into that of today, by the upcasts that came after it', () => {
    const today = { kind: 'state', state: active };
    expect(applyStored(parcel, absent, shaped(1, { kilos: 0.5, label: 'Ada' }))).to.deep.equal(today);
    expect(applyStored(parcel, absent, shaped(2, { grams: 500, label: 'Ada' }))).to.deep.equal(today);
    expect(applyStored(parcel, absent, shaped(3, { grams: 500, to: 'ADA' }))).to.deep.equal(today);
    given(parcel, { type: 'ParcelSent', data: { kilos: 2, label: 'Bob' }, shape: 1 }, moved).thenState({
      ...{ grams: 2_000, to: 'BOB', place: 'Bern', movedAt: at(2) },
    });
  });

  it('is 1 where the event does not say: it is from before the first change', () => {
    for (const meta of [{ requestId: 'test' }, { shape: undefined }, { shape: null }, undefined])
      expect(
        applyStored(parcel, absent, stored({ type: 'ParcelSent', data: { kilos: 0.5, label: 'Ada' } }, 1, { meta })),
      ).to.deep.equal({ kind: 'state', state: active });
  });

  it('that this program does not know yet is poison: a newer program wrote it', () => {
    for (const shape of [4, 100, 0, -1, 1.5, '3', Number.NaN, true, {}])
      expect(problemOf(parcel, shaped(shape, sent.data))).to.equal(
        `its data has shape ${JSON.stringify(shape)}, and this program knows the shapes 1 to 3 of ParcelSent`,
      );
    expect(problemOf(parcel, shaped(2, moved.data, 'ParcelMoved'))).to.contain('the shapes 1 to 1 of ParcelMoved');
  });

  it('is poison where its upcast gives data that does not fit', () => {
    expect(problemOf(parcel, shaped(2, { label: 'Ada' }))).to.equal('its data lacks the field "grams"');
    expect(problemOf(parcel, shaped(1, { kilos: 1, label: 'Ada', more: 1 }))).to.equal('none'); // it is dropped
    expect(problemOf(parcel, shaped(2, { grams: 1, label: 'Ada', more: 1 }))).to.contain('has a field "more"');
  });

  it('is poison where its upcast throws', () => {
    const failure = withUpcasts(() => {
      throw new Error('no idea');
    });
    expect(problemOf(failure, shaped(1, sent.data))).to.equal('its upcast fails: no idea');
    const text = withUpcasts(() => {
      throw 'a text';
    });
    expect(problemOf(text, shaped(1, sent.data))).to.equal('its upcast fails: a text');
    expect(problemOf(failure, shaped(2, sent.data)), 'and only then').to.equal('none');
  });

  it('is poison where its upcast does not give an object', () => {
    for (const rubbish of [undefined, null, 7, 'x', [], () => ({})])
      expect(
        problemOf(
          withUpcasts(() => rubbish as never),
          shaped(1, sent.data),
        ),
        String(rubbish),
      ).to.equal('its "data" is not an object after its upcast');
  });

  it('comes after the upcast of the entity, which may change the type', () => {
    const renamed = {
      ...parcel,
      upcast: (event: StoredEvent) => ({ ...event, type: event.type.replace('Box', 'Parcel') }),
    };
    const box = stored({ type: 'BoxSent', data: { kilos: 0.5, label: 'Ada' } });
    expect(applyStored(renamed, absent, box)).to.deep.equal({ kind: 'state', state: active });
    expect(problemOf({ ...parcel, upcast: () => undefined as never }, shaped(3, sent.data))).to.match(
      /^its upcast fails: /,
    );
  });
});

describe('An evolve that is wrong', () => {
  const problemAfter = (evolve: () => unknown) =>
    problemOf(withEvolve({ ParcelMoved: evolve }), stored(moved, 2), active);

  it('makes poison where it throws, and only of that stream', () => {
    const throwing = (thrown: unknown) => () => {
      throw thrown;
    };
    expect(problemAfter(throwing(new Error('no idea')))).to.equal('the evolve of ParcelMoved throws: no idea');
    expect(problemAfter(throwing('a text'))).to.equal('the evolve of ParcelMoved throws: a text');
  });

  it('makes poison where it does not give a state', () => {
    for (const rubbish of [undefined, null, 7, 'x', [], Symbol('x'), Promise.resolve(active), new Map(), at(1)])
      expect(
        problemAfter(() => rubbish),
        String(rubbish),
      ).to.equal('the evolve of ParcelMoved does not give a state, which is a plain object');
  });

  it('makes poison where it gives a state with a field too many, too few, or of another type', () => {
    const { fields } = active;
    expect(problemAfter(() => ({ ...fields, colour: 'red' }))).to.equal(
      'the evolve of ParcelMoved gives a field "colour", which the state does not have',
    );
    expect(problemAfter(() => ({ ...fields, grams: '500' }))).to.equal(
      'the evolve of ParcelMoved gives a field "grams" that is not of type number',
    );
    expect(problemAfter(() => ({ ...fields, place: null }))).to.equal(
      'the evolve of ParcelMoved gives a field "place" that is not of type string',
    );
    for (const grams of [{}, { grams: undefined }])
      expect(problemAfter(() => ({ to: 'ADA', ...grams }))).to.equal(
        'the evolve of ParcelMoved gives a state without the field "grams"',
      );
  });

  it('makes poison where it deletes a thing that only begins', () => {
    const stillborn = withEvolve({ ParcelSent: () => deleted });
    expect(problemOf(stillborn, shaped(3, sent.data))).to.equal(
      'the evolve of ParcelSent does not give a state, which is a plain object',
    );
  });
});

/** A parcel with other functions, as JavaScript may have them. */
const withEvolve = (evolve: Record<string, (state: Fields) => unknown>): Entity => ({
  ...parcel,
  events: new Map(
    [...parcel.events].map(([type, event]) => [type, { ...event, evolve: (evolve[type] ?? event.evolve) as never }]),
  ),
});
const withUpcasts = (...upcasts: ((data: Fields) => Fields)[]): Entity => ({
  ...parcel,
  events: new Map([...parcel.events].map(([type, event]) => [type, { ...event, upcasts }])),
});
