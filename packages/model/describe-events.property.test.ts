import { anyHistory, applyMergePatch, at, note, storedNote } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import { defineRecord } from './define-record.ts';
import { describeChanges, describeEvents, shownOf } from './describe-events.ts';
import { diffJson } from './diff-json.ts';
import { optional } from './optional.ts';
import { absent, fold } from './state.ts';
import type { Event } from './stored-event.ts';

const fields = { text: Joi.string(), stars: Joi.number(), tags: optional(Joi.array()) };
const discreet = defineRecord({
  ...{ name: 'note', title: 'Note', collection: 'Notes', fields },
  present: ({ text, stars }) => ({ title: text, isGood: Number(stars) > 0 }),
});

const shownAt = (history: readonly Event[], version: number, entity = note) =>
  shownOf(entity, 'a', fold(entity, history.slice(0, version)));

describe('The history of a thing', () => {
  it('leads from nothing to what clients see at each version, from any version on', () =>
    fc.assert(
      fc.property(anyHistory, fc.nat(12), fc.constantFrom(note, discreet), (history, first, entity) => {
        const from = Math.min(first, history.length);
        const events = history.slice(from).map((event) => storedNote(event));
        let shown = shownAt(history, from, entity);
        for (const { version, changes } of describeChanges(entity, 'a', events, fold(entity, history.slice(0, from)))) {
          shown = applyMergePatch(shown, changes);
          expect(shown).to.deep.equal(shownAt(history, version, entity));
        }
      }),
    ));

  it('has a difference between any two versions that leads from the one to the other, in both directions', () =>
    fc.assert(
      fc.property(anyHistory, fc.nat(12), fc.nat(12), (history, one, other) => {
        const [from, to] = [shownAt(history, one), shownAt(history, other)];
        expect(applyMergePatch(from, diffJson(from, to))).to.deep.equal(to);
        expect(applyMergePatch(to, diffJson(to, from))).to.deep.equal(from);
      }),
    ));

  const created = storedNote({ type: 'NoteCreated', version: 1, data: { text: 'one', stars: 1 } });
  const updated = storedNote({ type: 'NoteUpdated', version: 2, data: { stars: 2 } });

  it('shows the events with their data, their time, their request and what they changed', () => {
    expect(JSON.parse(JSON.stringify(describeChanges(note, 'a', [created, updated], absent)))).to.deep.equal([
      {
        ...{ version: 1, type: 'NoteCreated', at: at(1).toISOString(), requestId: 'test' },
        ...{ data: { text: 'one', stars: 1 }, changes: { id: 'a', text: 'one', stars: 1 } },
      },
      {
        ...{ version: 2, type: 'NoteUpdated', at: at(2).toISOString(), requestId: 'test' },
        ...{ data: { stars: 2 }, changes: { stars: 2 } },
      },
    ]);
  });

  it('shows who caused an event, where the event says so', () => {
    const [described] = describeEvents(note, [{ ...created, meta: { requestId: 'r', actor: 'ada' } }]);
    expect(described?.actor).to.equal('ada');
  });

  it('does not show the data of an entity that says what clients see: they may have what it hides', () => {
    const described = describeChanges(discreet, 'a', [created, updated], absent);
    expect(described.map(({ data, changes }) => [data, changes])).to.deep.equal([
      [undefined, { id: 'a', title: 'one', isGood: true }],
      [undefined, {}],
    ]);
  });

  it('says from which event on a stream cannot be understood', () => {
    const poison = { ...updated, type: 'NoteShredded' };
    const after = storedNote({ type: 'NoteUpdated', version: 3, data: { stars: 3 } });
    const problem = 'version 2 cannot be applied: the type "NoteShredded" is not known to entity "note"';
    const described = describeChanges(note, 'a', [created, poison, after], absent);
    expect(described.map(({ problem }) => problem)).to.deep.equal([undefined, problem, problem]);
    expect(described.map((event) => 'changes' in event)).to.deep.equal([true, false, false]);
    expect(describeEvents(note, [poison])[0]?.problem).to.contain('NoteShredded');
    const hole = describeChanges(note, 'a', [after], fold(note, [{ ...created, version: 1 }]));
    expect(hole[0]?.problem).to.equal('version 3 cannot be applied: its stream has no version 2');
  });

  it('survives an event whose envelope is damaged', () => {
    const damaged = { ...updated, at: 'yesterday', meta: null, data: 7 } as never;
    expect(describeEvents(note, [damaged])[0]).to.deep.include({ version: 2, type: 'NoteUpdated', at: undefined });
  });
});
