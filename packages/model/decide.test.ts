import { at, given, note } from '@muster/testing';

const fields = { text: 'one', stars: 1 };
const created = { type: 'NoteCreated', data: fields };
const updated = (data: object) => ({ type: 'NoteUpdated', data: { ...data } });
const deleted = { type: 'NoteDeleted', data: {} };

describe('A thing', () => {
  it('is created with all its fields', () => given(note).when({ kind: 'create', fields }).thenEvent(created));
  it('that exists is not created again', () =>
    given(note, created).when({ kind: 'create', fields }).thenRefused('Exists'));
  it('that existed once is not created again', () =>
    given(note, created, deleted).when({ kind: 'create', fields }).thenRefused('Exists'));

  it('is updated with only what changes', () =>
    given(note, created)
      .when({ kind: 'update', changes: { text: 'two', stars: 1 } })
      .thenEvent(updated({ text: 'two' })));
  it('gets a field that it did not have', () =>
    given(note, created)
      .when({ kind: 'update', changes: { tags: [] } })
      .thenEvent(updated({ tags: [] })));
  it('stays as it is when nothing changes', () =>
    given(note, created)
      .when({ kind: 'update', changes: { text: 'one', stars: 1 } })
      .thenUnchanged());
  it('stays as it is when a list within it is the same', () =>
    given(note, created, updated({ tags: ['x'] }))
      .when({ kind: 'update', changes: { tags: ['x'] } })
      .thenUnchanged());
  it('stays as it is when 0 becomes -0, which reads the same', () =>
    given(note, created, updated({ stars: 0 }))
      .when({ kind: 'update', changes: { stars: -0 } })
      .thenUnchanged());
  it('is compared with what it is now, not with what it was once', () =>
    given(note, created, updated({ text: 'two' }))
      .when({ kind: 'update', changes: { text: 'one' } })
      .thenEvent(updated({ text: 'one' })));
  it('that was never there is not updated', () =>
    given(note)
      .when({ kind: 'update', changes: { stars: 2 } })
      .thenRefused('NotFound'));
  it('that is deleted is not updated', () =>
    given(note, created, deleted)
      .when({ kind: 'update', changes: { stars: 2 } })
      .thenRefused('Deleted'));

  it('is deleted', () => given(note, created).when({ kind: 'delete' }).thenEvent(deleted));
  it('that was never there is not deleted', () => given(note).when({ kind: 'delete' }).thenRefused('NotFound'));
  it('is not deleted twice', () => given(note, created, deleted).when({ kind: 'delete' }).thenRefused('Deleted'));

  it('is changed at the version that was asked for', () =>
    given(note, created, updated({ stars: 2 }))
      .when({ kind: 'update', changes: { stars: 3 }, ifVersion: 2 })
      .thenEvent(updated({ stars: 3 })));
  it('is not changed at another version', () =>
    given(note, created, updated({ stars: 2 }))
      .when({ kind: 'update', changes: { stars: 3 }, ifVersion: 1 })
      .thenRefused('OtherVersion'));
  it('is not deleted at another version', () =>
    given(note, created).when({ kind: 'delete', ifVersion: 2 }).thenRefused('OtherVersion'));
  it('that is deleted says so, whatever version was asked for', () =>
    given(note, created, deleted).when({ kind: 'delete', ifVersion: 1 }).thenRefused('Deleted'));
});

describe('The state of a thing', () => {
  it('is absent at version 0 before anything happened', () => given(note).thenState({ status: 'absent', version: 0 }));
  it('has the fields as they are now, and when it was made and changed', () =>
    given(note, created, updated({ stars: 2 })).thenState({
      status: 'active',
      version: 2,
      fields: { text: 'one', stars: 2 },
      createdAt: at(1),
      updatedAt: at(2),
    }));
  it('keeps no fields once it is deleted', () =>
    given(note, created, updated({ stars: 2 }), deleted).thenState({
      status: 'deleted',
      version: 3,
      createdAt: at(1),
      deletedAt: at(3),
    }));
  it('moves its version and nothing else at an event that does not fit', () => {
    given(note, created, created).thenState({
      status: 'active',
      version: 2,
      fields,
      createdAt: at(1),
      updatedAt: at(1),
    });
    given(note, created, deleted, updated({ stars: 2 })).thenState({
      status: 'deleted',
      version: 3,
      createdAt: at(1),
      deletedAt: at(2),
    });
    given(note, created, deleted, created, deleted).thenState({
      status: 'deleted',
      version: 4,
      createdAt: at(1),
      deletedAt: at(2),
    });
    given(note, updated({ stars: 2 }), deleted).thenState({ status: 'absent', version: 2 });
  });
});
