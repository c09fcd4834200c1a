import { at, note, storedNote } from '@muster/testing';
import { expect } from 'chai';
import Joi from 'joi';
import { user } from '../entities/user.ts';
import { defineRecord } from './define-record.ts';
import { parseEvent } from './event.ts';
import { optional } from './optional.ts';
import { fold } from './state.ts';
import type { Fields, StoredEvent } from './stored-event.ts';

const data = { text: 'one', stars: 1 };
const created = storedNote({ type: 'NoteCreated', version: 1, data });
const problemOf = (stored: StoredEvent) => {
  const parsed = parseEvent(note, stored);
  return parsed.kind === 'poison' ? parsed.problem : 'none';
};
/** An invalid stored event that Muster itself never writes. */
const odd = (fields: object): StoredEvent => ({ ...created, ...fields });

describe('A stored event', () => {
  it('is parsed by its type', () => {
    expect(parseEvent(note, created)).to.deep.equal({
      kind: 'event',
      event: { type: 'NoteCreated', version: 1, at: at(1), data },
    });
    expect(
      parseEvent(note, storedNote({ type: 'NoteUpdated', version: 2, data: { stars: 2 } })),
    ).to.have.nested.property('event.type', 'NoteUpdated');
    expect(parseEvent(note, storedNote({ type: 'NoteDeleted', version: 2 }))).to.have.nested.property(
      'event.type',
      'NoteDeleted',
    );
  });

  it('has a type that joins the title and the past-tense verb', () => {
    expect([...user.events.keys()]).to.deep.equal(['UserCreated', 'UserUpdated', 'UserDeleted']);
  });

  it('of an unknown type is poison, even if the type is named like a property of Object', () => {
    for (const type of [
      'UserCreated',
      'NoteRenamed',
      'Note',
      '',
      'noteCreated',
      'NoteCreatedX',
      'Noteconstructor',
      'NotetoString',
      'Note__proto__',
      7,
      null,
      undefined,
      {},
    ])
      expect(problemOf(odd({ type })), String(type)).to.match(/^the type .*is not known to entity "note"$/);
  });

  it('is poison if its data is not an object', () => {
    for (const wrong of [null, undefined, 'x', 7, [], [1]])
      expect(problemOf(odd({ data: wrong })), JSON.stringify(wrong)).to.equal('its "data" is not an object');
  });

  it('is poison without a date', () => {
    for (const wrong of [undefined, null, '2026-01-01', 0])
      expect(problemOf(odd({ at: wrong })), String(wrong)).to.equal('its "at" is not a date');
  });

  it('is poison without a version', () => {
    for (const wrong of [undefined, null, '1', 0, -1, 1.5, Number.NaN])
      expect(problemOf(odd({ version: wrong })), String(wrong)).to.match(/^its version is /);
  });

  it('is poison if the entity does not have one of its fields', () => {
    for (const name of ['colour', 'constructor', 'toString', 'id', 'version'])
      expect(problemOf(odd({ data: { ...data, [name]: 1 } })), name).to.equal(
        `its data has a field "${name}", which entity "note" does not have`,
      );
    const own = JSON.parse('{"text":"one","stars":1,"__proto__":1}') as Fields;
    expect(problemOf(odd({ data: own }))).to.match(/field "__proto__"/);
  });

  it('is poison if a value has the wrong type', () => {
    expect(problemOf(odd({ data: { ...data, text: 7 } }))).to.equal('its field "text" is not of type string');
    expect(problemOf(odd({ data: { ...data, stars: '7' } }))).to.equal('its field "stars" is not of type number');
    expect(problemOf(odd({ data: { ...data, tags: {} } }))).to.equal('its field "tags" is not of type array');
    expect(problemOf(odd({ data: { ...data, text: null } }))).to.equal('its field "text" is not of type string');
  });

  it('is poison if it creates without a required field; an update may omit required fields', () => {
    expect(problemOf(odd({ data: { text: 'one' } }))).to.equal('its data lacks the field "stars"');
    expect(problemOf(storedNote({ type: 'NoteUpdated', version: 2, data: { tags: [] } }))).to.equal('none');
  });

  it('is accepted even if a current rule would refuse one of its values', () => {
    expect(problemOf(odd({ data: { text: '', stars: 1.5 } }))).to.equal('none');
  });

  it('may contain null if the entity allows it', () => {
    const task = defineRecord({
      name: 'task',
      title: 'Task',
      collection: 'Tasks',
      fields: { due: Joi.string().allow(null), title: Joi.string() },
    });
    const stored = { ...created, type: 'TaskCreated' };
    expect(parseEvent(task, { ...stored, data: { due: null, title: 'x' } }).kind).to.equal('event');
    expect(parseEvent(task, { ...stored, data: { due: 'x', title: null } }).kind).to.equal('poison');
  });
});

describe('An upcast', () => {
  const renamed = defineRecord({
    name: 'note',
    title: 'Note',
    collection: 'Notes',
    fields: { text: Joi.string(), stars: Joi.number() },
    upcast: (stored) => {
      if (stored.type === 'NoteBroken') throw new Error('no idea');
      if (stored.type === 'NoteWritten')
        return { ...stored, type: 'NoteCreated', data: { text: stored.data.words, stars: 0 } };
      return stored;
    },
  });

  it('converts an event of a former shape into the current shape', () => {
    const parsed = parseEvent(renamed, odd({ type: 'NoteWritten', data: { words: 'one' } }));
    expect(parsed).to.deep.equal({
      kind: 'event',
      event: { type: 'NoteCreated', version: 1, at: at(1), data: { text: 'one', stars: 0 } },
    });
  });

  it('does not change the stored event', () => {
    const stored = Object.freeze(odd({ type: 'NoteWritten', data: Object.freeze({ words: 'one' }) }));
    parseEvent(renamed, stored);
    expect(stored.type).to.equal('NoteWritten');
  });

  it('results in poison if its result is wrong or it throws', () => {
    expect(parseEvent(renamed, odd({ type: 'NoteWritten', data: {} }))).to.deep.equal({
      kind: 'poison',
      problem: 'its field "text" is not of type string',
    });
    expect(parseEvent(renamed, odd({ type: 'NoteBroken' }))).to.deep.equal({
      kind: 'poison',
      problem: 'its upcast fails: no idea',
    });
  });
});

describe('A second entity', () => {
  it('shares only the engine with the first', () => {
    expect([user.path, note.path]).to.deep.equal(['/api/user', '/api/note']);
    expect(
      problemOf({ ...created, type: 'UserCreated', data: { name: 'Ada', email: 'ada@example.org', group: 1 } }),
    ).to.match(/not known to entity "note"/);
    expect(parseEvent(user, created).kind).to.equal('poison');
  });

  it('folds its own events', () => {
    const parsed = parseEvent(note, created);
    expect(parsed.kind === 'event' && fold(note, [parsed.event])).to.deep.include({ status: 'active', fields: data });
  });
});

describe('The definition of an entity', () => {
  const right = { name: 'book', title: 'Book', collection: 'Books', fields: { title: Joi.string() } };

  it('is accepted if it has no contradiction', () => {
    const book = defineRecord({ ...right, fields: { title: Joi.string(), pages: optional(Joi.number()) } });
    expect(book).to.deep.include({ path: '/api/book', fieldNames: ['title', 'pages'], requiredNames: ['title'] });
  });

  it('is refused if it has a field that the engine needs', () => {
    const names = [
      '_id',
      'id',
      'version',
      'partition',
      'snapshot',
      'createdAt',
      'updatedAt',
      'deletedAt',
      '$set',
      'a.b',
      'constructor',
      'toString',
    ];
    for (const name of names)
      expect(() => defineRecord({ ...right, fields: { [name]: Joi.string() } }), name).to.throw(
        `the engine needs the names ${name}`,
      );
    expect(() => defineRecord({ ...right, fields: { id: Joi.string(), version: Joi.string() } })).to.throw(
      'id, version',
    );
  });

  it('is refused if its name cannot be part of an address', () => {
    for (const name of ['', 'Book', 'my book', 'a/b', '1book', 'a:b', 'b'.repeat(33)])
      expect(() => defineRecord({ ...right, name }), name).to.throw('must be 1 to 32');
  });

  it('is refused if its title cannot be part of an event type', () => {
    for (const title of ['', 'book', 'My Book', '$Book'])
      expect(() => defineRecord({ ...right, title }), title).to.throw('must be 1 to 32 letters');
  });

  it('is refused if its collection belongs to the engine', () => {
    for (const collection of [
      'Events',
      'Checkpoints',
      'Aggregators',
      'DeadLetters',
      'Settings',
      '',
      'system.users',
      '$x',
    ])
      expect(() => defineRecord({ ...right, collection }), collection).to.throw("is the engine's own");
  });
});
