import { absent, defineRecord, optional, type State } from '@muster/model';
import { anyState, note } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import {
  addThing,
  bytesOfThings,
  compareIds,
  countThings,
  entityOf,
  findThing,
  idOf,
  isActive,
  isThere,
  openThings,
  removeThing,
  savedVersionOf,
  setSavedVersion,
  setState,
  stateOf,
  versionOf,
} from './things.ts';

const any = optional(Joi.any());
const thing = defineRecord({
  name: 'thing',
  title: 'Thing',
  collection: 'Things',
  fields: { b: any, a: any, 'a "quoted" name': any, ü: any },
});

class Odd {
  value = 1;
}
const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\ud800', 'a\udc00b', 'ä😀', 'é'.repeat(300)),
  fc.nat(60_000).map((length) => 'x'.repeat(length)), // with a slab of its own
);
const value = fc.oneof(
  text,
  fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.date()),
  fc.constantFrom<unknown>(null, -0, 2 ** 31, -(2 ** 31), Number.NaN, new Odd(), () => 1, [new Date(1), -0, ['ü']]),
);
const ownFields = fc.record({ b: value, a: value, 'a "quoted" name': value, ü: value }, { requiredKeys: [] });
const state: fc.Arbitrary<State> = fc.oneof(
  anyState,
  fc.record({
    ...{ status: fc.constant('active' as const), version: fc.nat(), fields: ownFields },
    ...{ createdAt: fc.date({ noInvalidDate: true }), updatedAt: fc.date({ noInvalidDate: true }) },
  }),
);
const id = fc.oneof(
  fc.stringMatching(/^[\w-]{1,3}$/),
  fc.constantFrom('', '\u0000', '\u0000\u0000', 'ab', 'ab\u0000', 'ä', '\ud800', '\ud801', '😀', 'x'.repeat(2_000)),
);
const step = fc.record({ entity: fc.constantFrom(thing, note), id, state, saved: fc.nat(), removes: fc.boolean() });

type Known = { state: State; saved: number };

describe('The things of a partition', () => {
  it('are those of a Map, whatever their ids and states are, and however often they change', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const things = openThings();
        const map = new Map<string, Known>();
        for (const one of steps) {
          const found = findThing(things, one.entity.name, one.id);
          const key = JSON.stringify([one.entity.name, one.id]);
          expect(found >= 0).to.equal(map.has(key));
          if (found >= 0 && one.removes) {
            removeThing(things, found);
            expect(isThere(things, found)).to.equal(false);
            expect(isActive(things, found)).to.equal(false);
            map.delete(key);
            continue;
          }
          const number = found < 0 ? addThing(things, one.entity, one.id) : found;
          if (found < 0) expect([stateOf(things, number), savedVersionOf(things, number)]).to.deep.equal([absent, 0]);
          setState(things, number, one.state);
          setSavedVersion(things, number, one.saved);
          map.set(key, { state: one.state, saved: one.saved });
        }
        const numbers = Array.from({ length: countThings(things) }, (_, number) => number);
        expect(numbers.filter((number) => isThere(things, number)).length).to.equal(map.size);
        for (const [key, { state, saved }] of map) {
          const [entity, id] = JSON.parse(key);
          const number = findThing(things, entity, id);
          expect([entityOf(things, number).name, idOf(things, number)]).to.deep.equal([entity, id]);
          expect(stateOf(things, number)).to.deep.equal(state);
          const about = [versionOf(things, number), savedVersionOf(things, number), isActive(things, number)];
          expect(about).to.deep.equal([state.version, saved, state.status === 'active']);
        }
      }),
      { numRuns: 500 },
    ));

  it('are found among many', () => {
    const things = openThings();
    for (let n = 0; n < 20_000; n += 1) expect(addThing(things, note, `id-${n}`)).to.equal(n);
    for (let n = 0; n < 20_000; n += 1) expect(findThing(things, 'note', `id-${n}`)).to.equal(n);
    expect([findThing(things, 'note', 'id-20000'), findThing(things, 'other', 'id-1')]).to.deep.equal([-1, -1]);
  });

  it('are in the order of their ids as texts', () =>
    fc.assert(
      fc.property(id, id, (one, other) => {
        const things = openThings();
        const order = Math.sign(compareIds(things, addThing(things, note, one), addThing(things, thing, other)));
        expect(order).to.equal(one === other ? 0 : one < other ? -1 : 1);
      }),
      { numRuns: 1_000 },
    ));

  it('take no more memory when they change often', () => {
    const things = openThings();
    const number = addThing(things, note, 'a');
    const bytes = () => process.memoryUsage().arrayBuffers;
    const setTo = (length: number) =>
      setState(things, number, {
        ...{ status: 'active', version: 1, fields: { text: 'x'.repeat(length) } },
        ...{ createdAt: new Date(1), updatedAt: new Date(1) },
      });
    for (let n = 0; n < 1_000; n += 1) setTo(n);
    const before = bytes();
    for (let n = 0; n < 100_000; n += 1) setTo(n % 1_000);
    expect(bytes() - before).to.be.below(1_000_000);
  });

  it('take bounded memory while they grow and shrink from size to size', () => {
    const things = openThings();
    const numbers = Array.from({ length: 1_000 }, (_, n) => addThing(things, note, `note-${n}`));
    const at = new Date(0);
    const stateWith = (letters: number, version: number): State => ({
      ...{ status: 'active', version, createdAt: at, updatedAt: at },
      fields: { text: 'x'.repeat(letters), stars: 1 },
    });
    let mostBytes = 0;
    for (let round = 1; round <= 200; round += 1) {
      const letters = 8 * (round <= 100 ? round : 200 - round); // up to 800 and back
      for (const number of numbers) setState(things, number, stateWith(letters + (number % 7), round));
      mostBytes = Math.max(mostBytes, bytesOfThings(things));
    }
    // one thing that changes its size often leaves little behind, and neither do those before it
    for (const number of numbers)
      for (let change = 1; change <= 50; change += 1) setState(things, number, stateWith(change, 200 + change));
    expect(mostBytes).to.be.below(1_000 * (800 + 120) * 2.2);
    expect(bytesOfThings(things)).to.be.at.most(mostBytes);
    for (const number of numbers) expect(stateOf(things, number)).to.deep.equal(stateWith(50, 250));
    expect(numbers.map((number) => idOf(things, number))).to.deep.equal(numbers.map((n) => `note-${n}`));
  });
});
