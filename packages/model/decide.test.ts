import { at, commandOf, given, note, stateAfter } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { decide } from './decide.ts';
import { defineRecord } from './define-record.ts';
import type { CommandType } from './entity.ts';
import { optional } from './optional.ts';
import { parseInput } from './parse-input.ts';

const fields = { text: 'one', stars: 1 };
const created = { type: 'NoteCreated', data: fields } as const;
const updated = (data: Partial<typeof fields> & { tags?: string[] }) => ({ type: 'NoteUpdated', data }) as const;
const deleted = { type: 'NoteDeleted', data: {} } as const;

describe('A thing', () => {
  it('is created with all its fields', () => given(note).when('create', fields).thenEvent('NoteCreated', fields));
  it('that exists is not created again', () => given(note, created).when('create', fields).thenRefused('Exists'));
  it('that existed once is not created again', () =>
    given(note, created, deleted).when('create', fields).thenRefused('Exists'));

  it('is updated with only what changes', () =>
    given(note, created).when('update', { text: 'two', stars: 1 }).thenEvent('NoteUpdated', { text: 'two' }));
  it('gets a field that it did not have', () =>
    given(note, created).when('update', { tags: [] }).thenEvent('NoteUpdated', { tags: [] }));
  it('stays as it is when nothing changes', () =>
    given(note, created).when('update', { text: 'one', stars: 1 }).thenUnchanged());
  it('stays as it is when a list within it is the same', () =>
    given(note, created, updated({ tags: ['x'] }))
      .when('update', { tags: ['x'] })
      .thenUnchanged());
  it('stays as it is when 0 becomes -0, which reads the same', () =>
    given(note, created, updated({ stars: 0 }))
      .when('update', { stars: -0 })
      .thenUnchanged());
  it('is compared with what it is now, not with what it was once', () =>
    given(note, created, updated({ text: 'two' }))
      .when('update', { text: 'one' })
      .thenEvent('NoteUpdated', { text: 'one' }));
  it('loses a field that may be missing when it becomes null', () => {
    const tagged = stateAfter(note, [created, updated({ tags: ['x'] })]);
    const decision = decide(note, commandOf('update', { tags: null, stars: 1 }), tagged, at(3));
    expect(decision).to.deep.include({ kind: 'event', event: { type: 'NoteUpdated', data: { tags: null } } });
    expect(decision.kind === 'event' && decision.next).to.deep.include({ version: 3, fields });
  });
  it('stays as it is when a field becomes null that it does not have', () =>
    expect(decide(note, commandOf('update', { tags: null }), stateAfter(note, [created]), at(2))).to.deep.equal({
      kind: 'unchanged',
    }));
  it('is not updated with null where a value is required, or created with null', () => {
    const update = note.commands.get('update') as CommandType;
    for (const [type, input, pointer] of [
      [update, { text: null }, '/text'],
      [note.creating, { ...fields, tags: null }, '/tags'],
    ] as const) {
      const parsed = parseInput(type, input);
      expect(parsed.kind === 'faults' && parsed.faults.map((fault) => fault.pointer)).to.deep.equal([pointer]);
    }
  });
  it('keeps null where its schema allows that', () => {
    const form = defineRecord({
      ...{ name: 'form', title: 'Form', collection: 'Forms' },
      fields: { mark: optional(Joi.number().allow(null)) },
    });
    const update = { type: form.commands.get('update') as CommandType, input: { mark: null } };
    const marked = stateAfter(form, [{ type: 'FormCreated', data: { mark: 1 } }]);
    const decision = decide(form, update, marked, at(2));
    expect(decision.kind === 'event' && decision.next).to.deep.include({ fields: { mark: null } });
  });
  it('that was never there is not updated', () => given(note).when('update', { stars: 2 }).thenRefused('NotFound'));
  it('that is deleted is not updated', () =>
    given(note, created, deleted).when('update', { stars: 2 }).thenRefused('Deleted'));

  it('is deleted', () => given(note, created).when('delete').thenEvent('NoteDeleted', {}));
  it('that was never there is not deleted', () => given(note).when('delete').thenRefused('NotFound'));
  it('is not deleted twice', () => given(note, created, deleted).when('delete').thenRefused('Deleted'));

  it('is changed at the version that was asked for', () =>
    given(note, created, updated({ stars: 2 }))
      .when('update', { stars: 3 }, { ifVersion: 2 })
      .thenEvent('NoteUpdated', { stars: 3 }));
  it('is not changed at another version', () =>
    given(note, created, updated({ stars: 2 }))
      .when('update', { stars: 3 }, { ifVersion: 1 })
      .thenRefused('OtherVersion'));
  it('is not deleted at another version', () =>
    given(note, created).when('delete', {}, { ifVersion: 2 }).thenRefused('OtherVersion'));
  it('that is deleted says so, whatever version was asked for', () =>
    given(note, created, deleted).when('delete', {}, { ifVersion: 1 }).thenRefused('Deleted'));
});

describe('The state of a thing', () => {
  it('is absent at version 0 before anything happened', () =>
    expect(stateAfter(note, [])).to.deep.equal({ status: 'absent', version: 0 }));
  it('has the fields as they are now, and when it was made and changed', () =>
    expect(stateAfter(note, [created, updated({ stars: 2 })])).to.deep.equal({
      status: 'active',
      version: 2,
      fields: { text: 'one', stars: 2 },
      createdAt: at(1),
      updatedAt: at(2),
    }));
  it('keeps no fields once it is deleted', () =>
    expect(stateAfter(note, [created, updated({ stars: 2 }), deleted])).to.deep.equal({
      status: 'deleted',
      version: 3,
      createdAt: at(1),
      deletedAt: at(3),
    }));
  it('moves its version and nothing else at an event that does not fit', () => {
    expect(stateAfter(note, [created, created])).to.deep.equal({
      status: 'active',
      version: 2,
      fields,
      createdAt: at(1),
      updatedAt: at(1),
    });
    expect(stateAfter(note, [created, deleted, updated({ stars: 2 })])).to.deep.equal({
      status: 'deleted',
      version: 3,
      createdAt: at(1),
      deletedAt: at(2),
    });
    expect(stateAfter(note, [created, deleted, created, deleted])).to.deep.equal({
      status: 'deleted',
      version: 4,
      createdAt: at(1),
      deletedAt: at(2),
    });
    expect(stateAfter(note, [updated({ stars: 2 }), deleted])).to.deep.equal({ status: 'absent', version: 2 });
  });
});
