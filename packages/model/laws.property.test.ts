import { anyCommand, anyFields, anyHistory, at, historyOf, note } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { decide } from './decide.ts';
import { parseEvent } from './event.ts';
import { parseInput } from './parse-input.ts';
import { present } from './present.ts';
import { absent, evolve, fold } from './state.ts';
import type { Event } from './stored-event.ts';

const anyEvents: fc.Arbitrary<Event[]> = fc
  .array(fc.record({ type: fc.constantFrom('NoteCreated', 'NoteUpdated', 'NoteDeleted'), data: anyFields }), {
    maxLength: 8,
  })
  .map((events) => events.map((event, index) => ({ ...event, version: index + 1, at: at(index + 1) })));

describe('Laws of every entity', () => {
  it('a command accepted twice adds nothing the second time', () =>
    fc.assert(
      fc.property(anyHistory, anyCommand, (history, command) => {
        const before = fold(note, history);
        const decision = decide(note, command, before, at(before.version + 1));
        fc.pre(decision.kind === 'event');
        const after = evolve(note, before, {
          ...decision.event,
          version: before.version + 1,
          at: at(before.version + 1),
        });
        expect(decide(note, command, after, at(after.version + 1)).kind).not.to.equal('event');
      }),
    ));

  it('what was accepted shows: a decided event changes more than the version', () =>
    fc.assert(
      fc.property(anyHistory, anyCommand, (history, command) => {
        const before = fold(note, history);
        const decision = decide(note, command, before, at(before.version + 1));
        fc.pre(decision.kind === 'event');
        const after = evolve(note, before, {
          ...decision.event,
          version: before.version + 1,
          at: at(before.version + 1),
        });
        expect(after).to.deep.equal(decision.next);
        expect({ ...after, version: 0 }).not.to.deep.equal({ ...before, version: 0 });
      }),
    ));

  it('folding from any cut is folding from the start', () =>
    fc.assert(
      fc.property(fc.oneof(anyHistory, anyEvents), (events) => {
        for (let cut = 0; cut <= events.length; cut += 1)
          expect(fold(note, events.slice(cut), fold(note, events.slice(0, cut)))).to.deep.equal(fold(note, events));
      }),
    ));

  it('versions are dense, and the state has that of the last event', () =>
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 12 }), (commands) => {
        const history = historyOf(commands);
        expect(history.map(({ version }) => version)).to.deep.equal(history.map((_, index) => index + 1));
        expect(fold(note, history).version).to.equal(history.length);
      }),
    ));

  it('any events fold to a state of their number, whether they fit or not', () =>
    fc.assert(
      fc.property(anyEvents, (events) => {
        const state = fold(note, events);
        expect(state.version).to.equal(events.length);
        expect(state.status).to.be.oneOf(['absent', 'active', 'deleted']);
      }),
    ));

  it('deleted is the end: no command leads away from it', () =>
    fc.assert(
      fc.property(anyHistory, anyCommand, (history, command) => {
        const state = fold(note, history);
        fc.pre(state.status === 'deleted');
        expect(decide(note, command, state, at(state.version + 1)).kind).to.equal('refused');
      }),
    ));

  it('deciding and evolving change neither the state nor the command that they are given', () =>
    fc.assert(
      fc.property(anyHistory, anyCommand, (history, command) => {
        const state = history.reduce(
          (former, event) => evolve(note, deeplyFrozen(former), deeplyFrozen(event)),
          absent,
        );
        const frozenCommand = Object.freeze({ ...command, input: deeplyFrozen(command.input) });
        const decision = decide(note, frozenCommand, deeplyFrozen(state), at(state.version + 1));
        expect(decision.kind).to.be.oneOf(['event', 'unchanged', 'refused']);
      }),
    ));

  it('an event that was decided can be understood again', () =>
    fc.assert(
      fc.property(anyHistory, (history) => {
        for (const event of history) {
          const { type, version, data } = event;
          const about = { _id: 'x', entity: note.name, entityId: 'a', partition: 0, meta: { requestId: '' } };
          expect(parseEvent(note, { ...about, version, type, data, at: event.at })).to.deep.equal({
            kind: 'event',
            event,
          });
        }
      }),
    ));

  it('what a client is shown is what it may send again', () =>
    fc.assert(
      fc.property(anyHistory, (history) => {
        const state = fold(note, history);
        fc.pre(state.status === 'active');
        const shown = JSON.parse(JSON.stringify(present(note, 'a', state.fields)));
        const parsed = parseInput(note.creating, shown);
        expect(parsed).to.deep.equal({ kind: 'input', id: 'a', fields: state.fields });
      }),
    ));
});

const deeplyFrozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  for (const inner of Object.values(value)) deeplyFrozen(inner);
  return Object.freeze(value);
};
