import { expect } from 'chai';
import Joi from 'joi';
import { countBy } from './count-by.ts';
import { deleted, refuse } from './decision.ts';
import { defineEntity } from './define-entity.ts';
import { defineRecord } from './define-record.ts';
import type { LooseDefinition } from './definition.ts';
import { optional } from './optional.ts';

const cents = Joi.number().integer().min(1);

/** A definition without a fault, as JavaScript has it. Each test changes one thing of it. */
const right = {
  name: 'jar',
  collection: 'Jars',
  state: { cents, label: optional(Joi.string()) },
  events: { Opened: { creates: true, fields: { cents } }, Filled: { fields: { cents } }, Broken: {} },
  evolve: {
    Opened: (_: unknown, { data }: { data: object }) => data,
    Filled: (state: object, { data }: { data: object }) => ({ ...state, ...data }),
    Broken: () => deleted,
  },
  commands: {
    open: { creates: true, input: { cents }, decide: (data: object) => ({ type: 'Opened', data }) },
    fill: { input: { cents }, decide: (data: object) => ({ type: 'Filled', data }) },
    break: { decide: () => refuse('Glued') },
  },
  refusals: { Glued: { status: 409, title: 'The jar is glued' } },
};
const { events, evolve, commands } = right;
const nothing = () => deleted;

/** What is wrong with the definition; '' where nothing is. Everything but an Error with its name would be a bug. */
const problemsOf = (definition: unknown): string => {
  try {
    defineEntity(definition as never);
    return '';
  } catch (error) {
    const begin = `Cannot define entity ${JSON.stringify(Object(definition).name)}: `;
    if (!(error instanceof Error) || !error.message.startsWith(begin)) throw error;
    return error.message.slice(begin.length);
  }
};
const problemsWith = (changes: object): string => problemsOf({ ...right, ...changes });
/** What is wrong with a schema, named as `"cents" in the state`. */
const problemsWithSchema = (schema: unknown): string => problemsWith({ state: { ...right.state, cents: schema } });

describe('The definition of an entity with its own events', () => {
  it('is taken when nothing is wrong with it', () => {
    expect(problemsOf(right)).to.equal('');
    const jar = defineEntity(right as never);
    expect(jar).to.deep.include({ name: 'jar', collection: 'Jars', path: '/api/jar', isRecord: false });
    expect([jar.fieldNames, jar.requiredNames]).to.deep.equal([['cents', 'label'], ['cents']]);
    expect([...jar.events.keys()]).to.deep.equal(['Opened', 'Filled', 'Broken']);
    expect([...jar.commands.keys()]).to.deep.equal(['open', 'fill', 'break']);
    expect([jar.creating.name, [...jar.refusals.keys()]]).to.deep.equal(['open', ['Glued']]);
  });

  it('names everything that is wrong at once, one problem on a line', () =>
    expect(
      problemsWith({ name: 'Jar', events: { ...events, Lost: {} }, refusals: { glued: { status: 409 } } }),
    ).to.equal(
      '\n  - its name stands in addresses: it must be 1 to 32 lower-case letters, digits and -' +
        '\n  - the event "Lost" has no evolve: add the function evolve.Lost' +
        '\n  - the refusal "glued" must be 1 to 64 letters and digits, the first a capital' +
        '\n  - the refusal "glued" needs a title, one sentence for the client',
    ));

  it('needs all its parts, each an object', () => {
    for (const part of ['state', 'events', 'evolve', 'commands'])
      for (const wrong of [undefined, null, 'x', [], () => ({})])
        expect(problemsWith({ [part]: wrong }), part).to.equal(
          'it needs state, events, evolve, commands, each an object: see the chapter on your own entity',
        );
    for (const wrong of [undefined, null, 7, 'jar', [], () => right])
      expect(problemsOf(wrong), String(wrong)).to.equal('its definition must be an object');
  });

  it('has no property that nothing reads: it is misspelt', () => {
    expect(problemsWith({ refusal: {} })).to.equal(
      'it has "refusal", which nothing reads: ' +
        'it can have name, collection, state, events, evolve, commands, upcasts, refusals, gone, ' +
        'merge, indexes, views, upcast, present, references, keep, routes, legacyRoutes, http',
    );
    expect(problemsWith({ events: { ...events, Broken: { upcasts: [] } } })).to.equal(
      'the event "Broken" has "upcasts", which nothing reads: it can have creates, fields',
    );
    expect(problemsWith({ commands: { ...commands, break: { ...commands.break, fields: {} } } })).to.equal(
      'the command "break" has "fields", which nothing reads: ' +
        'it can have creates, id, revives, method, internal, first, input, decide',
    );
    expect(problemsWith({ refusals: { Glued: { ...right.refusals.Glued, detail: 'x' } } })).to.equal(
      'the refusal "Glued" has "detail", which nothing reads: it can have status, title',
    );
  });
});

describe('The names of an entity', () => {
  it('fit an address and the database', () => {
    for (const name of ['', 'Jar', 'my jar', 'a/b', '1jar', 'a:b', 'j'.repeat(33), undefined, null, 7])
      expect(problemsWith({ name }), String(name)).to.equal(
        'its name stands in addresses: it must be 1 to 32 lower-case letters, digits and -',
      );
    for (const collection of ['', 'system.users', '$x', '1st', 'J'.repeat(65), undefined, null, 7])
      expect(problemsWith({ collection }), String(collection)).to.equal(
        `its collection "${collection}" is the engine's own, or not 1 to 64 letters, digits, _ and -`,
      );
    expect(problemsWith({ name: `j${'-2'.repeat(15)}3`, collection: `J${'_-3'.repeat(21)}` })).to.equal('');
  });

  it('are not those of the engine', () => {
    for (const name of ['events', 'live', 'openapi', 'keys', 'admin'])
      expect(problemsWith({ name })).to.equal(`the engine needs the name "${name}": choose another one`);
    for (const collection of ['Events', 'Checkpoints', 'Aggregators', 'DeadLetters', 'Settings'])
      expect(problemsWith({ collection })).to.contain(`its collection "${collection}" is the engine's own`);
  });
});

describe('The state of an entity', () => {
  const stored = ['_id', 'id', 'version', 'partition', 'snapshot', 'createdAt', 'updatedAt', 'deletedAt'];

  it('has no field that a stored record needs, or that no object can safely have', () => {
    for (const name of [...stored, '$set', 'a.b', '', 'constructor', 'toString', '_bsontype'])
      expect(problemsWith({ state: { ...right.state, [name]: cents } }), name).to.equal(
        `the engine needs the names ${name} in the state: choose other ones`,
      );
    expect(problemsWith({ state: { ...right.state, version: cents, id: cents } })).to.contain('names version, id in');
  });

  it('is an object of schemas, and not itself a schema', () => {
    expect(problemsWith({ state: Joi.object({ cents }) })).to.equal(
      'the state must be an object of Joi schemas, by name',
    );
  });
});

describe('The schema of a field', () => {
  it('is one of the Joi that the engine uses', () => {
    const old = { [Symbol.for('@hapi/joi/schema')]: { version: '17.13.3' }, type: 'number', describe: () => ({}) };
    for (const wrong of [undefined, null, 7, 'number', Number, {}, { type: 'number' }, [cents], old])
      expect(problemsWithSchema(wrong)).to.equal(
        '"cents" in the state is not a schema of this Joi: import Joi from "muster", as in Joi.string()',
      );
  });

  it('says by optional(…), not by .optional(), that the field may be missing', () => {
    expect(problemsWithSchema(cents.optional())).to.equal(
      '"cents" in the state is optional, and TypeScript cannot know: write optional(Joi.…) in place of .optional()',
    );
    for (const schema of [
      optional(cents),
      optional(cents).min(2),
      cents.required(),
      Joi.object({ a: cents.optional() }),
    ])
      expect(problemsWithSchema(schema)).to.equal('');
  });

  it('accepts only what BSON can store and JSON can carry, however deep it is nested', () => {
    const accepts = {
      'values of the type function': Joi.function(),
      'values of the type symbol': Joi.symbol(),
      'values of the type binary': Joi.binary(),
      'objects of a class': Joi.object().instance(Map),
      'the key "$inc"': Joi.object({ $inc: Joi.number() }),
      'the key "a.b"': Joi.object({ 'a.b': Joi.number() }),
      'the key "_bsontype"': Joi.object({ _bsontype: Joi.string() }),
    };
    const nests: ((schema: Joi.Schema) => Joi.Schema)[] = [
      (schema) => schema,
      (schema) => Joi.object({ deep: Joi.object({ deeper: schema }) }),
      (schema) => Joi.object().pattern(/x/, schema),
      (schema) => Joi.object({ type: Joi.string(), rules: schema }),
      (schema) => Joi.array().items(Joi.string(), schema),
      (schema) => Joi.array().ordered(schema),
      (schema) => Joi.alternatives(Joi.string(), schema),
      (schema) => Joi.alternatives().conditional('label', { is: 'x', otherwise: schema }),
      (schema) => Joi.any().when('label', { is: 'x', otherwise: schema }),
    ];
    for (const [found, schema] of Object.entries(accepts))
      for (const nest of nests)
        expect(problemsWithSchema(nest(schema)), `${found} in ${nest}`).to.equal(
          `"cents" in the state accepts ${found}, which BSON or JSON cannot store`,
        );
    const object = Joi.object({ at: Joi.date().allow(null), list: Joi.array().items(Joi.boolean(), Joi.any()) });
    expect(problemsWithSchema(Joi.alternatives(Joi.string(), object.unknown()))).to.equal('');
  });

  it('does not turn values into others, and decides at once', () => {
    const casts: [Joi.Schema, string][] = [
      [Joi.object().cast('map'), 'map'],
      [Joi.array().cast('set'), 'set'],
      [Joi.number().cast('string'), 'string'],
      [Joi.date().cast('number'), 'number'],
    ];
    for (const [schema, cast] of casts)
      expect(problemsWithSchema(schema)).to.equal(
        `"cents" in the state casts its values to ${cast}, and they are stored as they come: take .cast() out`,
      );
    expect(problemsWithSchema(cents.external(async () => 1))).to.equal(
      '"cents" in the state has an asynchronous check, and a decision cannot wait: take .external() out',
    );
  });

  it('is checked in events and inputs, too', () => {
    expect(problemsWith({ events: { ...events, Broken: { fields: { why: Joi.function() } } } })).to.match(
      /^"why" in the fields of the event "Broken" accepts/,
    );
    expect(problemsWith({ commands: { ...commands, break: { ...commands.break, input: { why: 7 } } } })).to.match(
      /^"why" in the input of "break" is not a schema/,
    );
  });
});

describe('The events of an entity', () => {
  it('have an evolve each, and each evolve has an event', () => {
    expect(problemsWith({ events: { ...events, Lost: {} } })).to.equal(
      'the event "Lost" has no evolve: add the function evolve.Lost',
    );
    expect(problemsWith({ evolve: { ...evolve, Broken: 'deleted' } })).to.equal(
      'the event "Broken" has no evolve: add the function evolve.Broken',
    );
    expect(problemsWith({ evolve: { ...evolve, Brocken: nothing } })).to.equal(
      'evolve has a function for "Brocken", which is no event: add the event, or take the function out',
    );
  });

  it('say with true alone that they create', () =>
    expect(problemsWith({ events: { ...events, Opened: { ...events.Opened, creates: 'yes' } } })).to.include(
      'the event "Opened" has a "creates" that is not true',
    ));

  it('have one among them that creates', () => {
    for (const creates of [undefined, false, 'yes', 1])
      expect(problemsWith({ events: { ...events, Opened: { ...events.Opened, creates } } })).to.include(
        'no event creates a thing: mark the first event of a thing with "creates: true"',
      );
    expect(problemsWith({ events: { ...events, Broken: { creates: true } } }), 'two may create').to.equal('');
  });

  it('have a name each that fits the log', () => {
    for (const type of ['lost', 'Lo st', 'Lo_st', '$Lost', 'L.ost', '', '1st', 'Löst', 'L'.repeat(65)])
      expect(problemsWith({ events: { ...events, [type]: {} }, evolve: { ...evolve, [type]: nothing } })).to.equal(
        `the event type "${type}" must be 1 to 64 letters and digits, the first a capital`,
      );
  });

  it('are objects, with fields where they have any', () => {
    for (const wrong of [null, 7, 'x', [], () => ({})])
      expect(problemsWith({ events: { ...events, Broken: wrong } })).to.equal('the event "Broken" must be an object');
    for (const fields of [null, 7, [cents], Joi.object()])
      expect(problemsWith({ events: { ...events, Broken: { fields } } })).to.equal(
        'the fields of the event "Broken" must be an object of Joi schemas, by name',
      );
  });

  it('may each have upcasts, a list of functions', () => {
    expect(problemsWith({ upcasts: { Filled: [nothing, nothing], Broken: [] } })).to.equal('');
    for (const upcasts of [null, 7, [nothing], nothing])
      expect(problemsWith({ upcasts })).to.equal('its upcasts must be an object');
    for (const list of [null, undefined, nothing, [nothing, 'x'], {}])
      expect(problemsWith({ upcasts: { Broken: list } })).to.equal(
        'the upcasts of the event "Broken" must be a list of functions',
      );
    expect(problemsWith({ upcasts: { Brocken: [nothing] } })).to.equal(
      'there are upcasts for "Brocken", which is no event: add the event, or take them out',
    );
  });

  it('may have fields with names that a record needs, since they are stored apart', () => {
    expect(problemsWith({ events: { ...events, Broken: { fields: { version: cents, id: Joi.string() } } } })).to.equal(
      '',
    );
    expect(problemsWith({ events: { ...events, Broken: { fields: { $inc: cents, toString: cents } } } })).to.equal(
      'the engine needs the names $inc, toString in the fields of the event "Broken": choose other ones',
    );
  });
});

describe('The commands of an entity', () => {
  const { open, fill } = commands;

  it('have exactly one among them that creates', () => {
    for (const creates of [undefined, false, 'yes'])
      expect(problemsWith({ commands: { ...commands, open: { ...open, creates } } })).to.include(
        'no command creates a thing: mark exactly one with "creates: true"',
      );
    expect(problemsWith({ commands: {} })).to.equal(
      'no command creates a thing: mark exactly one with "creates: true"',
    );
    expect(problemsWith({ commands: { ...commands, found: open } })).to.equal(
      'the commands open and found create a thing: mark exactly one with "creates: true"',
    );
  });

  it('have names that fit an address, and not those that the engine needs', () => {
    for (const name of ['Fill', 'fill-up', 'fill_up', 'fill up', '', '1st', 'f'.repeat(33)])
      expect(problemsWith({ commands: { ...commands, [name]: fill } })).to.equal(
        `the command "${name}" must be 1 to 32 letters and digits, the first a small one`,
      );
    for (const name of ['diff', 'erase', 'history', 'restore', 'undo'])
      expect(problemsWith({ commands: { ...commands, [name]: fill } })).to.equal(
        `the engine needs the command name "${name}": choose another one`,
      );
  });

  it('decide', () => {
    for (const decide of [undefined, null, {}, 'Filled'])
      expect(problemsWith({ commands: { ...commands, fill: { ...fill, decide } } })).to.equal(
        'the command "fill" has no decide: add the function',
      );
    for (const wrong of [null, fill.decide, [], 'x'])
      expect(problemsWith({ commands: { ...commands, fill: wrong } })).to.equal('the command "fill" must be an object');
  });

  it('have an input of schemas, without an id', () => {
    for (const input of [null, 7, [cents], Joi.object({ cents })])
      expect(problemsWith({ commands: { ...commands, fill: { ...fill, input } } })).to.equal(
        'the input of "fill" must be an object of Joi schemas, by name',
      );
    expect(problemsWith({ commands: { ...commands, open: { ...open, input: { id: cents } } } })).to.equal(
      'the engine needs the names id in the input of "open": choose other ones',
    );
  });
});

describe('The refusals of an entity', () => {
  const Glued = { status: 409, title: 'The jar is glued' };

  it('may be left out', () => expect(problemsWith({ refusals: undefined })).to.equal(''));

  it('are answered with a status from 400 to 499 and a title', () => {
    for (const status of [399, 500, 200, 409.5, '409', null, undefined])
      expect(problemsWith({ refusals: { Glued: { ...Glued, status } } }), String(status)).to.equal(
        'the refusal "Glued" needs a status from 400 to 499',
      );
    for (const title of [undefined, '', 7])
      expect(problemsWith({ refusals: { Glued: { ...Glued, title } } }), String(title)).to.equal(
        'the refusal "Glued" needs a title, one sentence for the client',
      );
    for (const status of [400, 499]) expect(problemsWith({ refusals: { Glued: { ...Glued, status } } })).to.equal('');
  });

  it('have names of their own', () => {
    for (const reason of ['glued', 'Is glued', '', 'G'.repeat(65)])
      expect(problemsWith({ refusals: { [reason]: Glued } }), reason).to.equal(
        `the refusal "${reason}" must be 1 to 64 letters and digits, the first a capital`,
      );
    for (const reason of [
      'NotFound',
      'Deleted',
      'Exists',
      'OtherVersion',
      'InvalidInput',
      'Unavailable',
      'NoSuchCommand',
    ])
      expect(problemsWith({ refusals: { [reason]: Glued } })).to.equal(
        `the engine needs the refusal "${reason}": choose another name`,
      );
  });

  it('are objects', () => {
    for (const wrong of [null, 7, [Glued], nothing])
      expect(problemsWith({ refusals: wrong })).to.equal('its refusals must be an object');
    for (const wrong of [null, 409, nothing])
      expect(problemsWith({ refusals: { Glued: wrong } })).to.equal('the refusal "Glued" must be an object');
  });
});

describe('The functions of an entity', () => {
  it('are functions', () => {
    for (const name of ['upcast', 'present']) {
      for (const wrong of [null, 7, {}]) expect(problemsWith({ [name]: wrong })).to.equal(`${name} must be a function`);
      expect(problemsWith({ [name]: (value: LooseDefinition) => value })).to.equal('');
    }
  });
});

describe('The definition of a record', () => {
  const book = { name: 'book', title: 'Book', collection: 'Books', fields: { title: Joi.string() } };
  const define = (changes: object) => () => defineRecord({ ...book, ...changes } as never);

  it('is checked as that of any entity', () => {
    const optionals = { title: Joi.string().optional() };
    expect(define({ fields: optionals })).to.throw('"title" in the fields is optional, and TypeScript cannot know');
    expect(define({ fields: { title: 7 } })).to.throw('"title" in the fields is not a schema of this Joi');
    expect(define({ fields: { title: Joi.binary() } })).to.throw(
      '"title" in the fields accepts values of the type bin',
    );
    for (const fields of [undefined, null, [], Joi.object()])
      expect(define({ fields })).to.throw('the fields must be an object of Joi schemas, by name');
    for (const name of [undefined, 7]) expect(define({ name })).to.throw('its name stands in addresses');
    for (const title of [undefined, 7]) expect(define({ title })).to.throw('its title begins event types');
    expect(define({ present: {} })).to.throw('present must be a function');
    expect(define({ events: {} })).to.throw(
      'it has "events", which nothing reads: it can have name, collection, title, fields, indexes, views, ' +
        'upcast, present, references, keep, routes, legacyRoutes, http',
    );
    for (const wrong of [undefined, null, 7])
      expect(() => defineRecord(wrong as never)).to.throw('its definition must be an object');
  });

  it('has views that count by its indexes, with measures that are numbers', () => {
    const fields = { title: Joi.string(), pages: Joi.number(), notes: Joi.string() };
    const viewed = (views: unknown) => define({ fields, indexes: ['title'], views });
    const views = { byTitle: countBy('title', { measures: ['pages'] }) };
    expect(defineRecord({ ...book, fields, indexes: ['title'], views }).views.get('byTitle')).to.deep.equal({
      ...{ name: 'byTitle', by: 'title', measures: ['pages'] },
    });
    expect(viewed([])).to.throw('its views must be an object with at most 16 views');
    expect(viewed({ byNotes: countBy('notes') })).to.throw(
      'the view "byNotes" counts by "notes", which is no declared index: add it to the indexes',
    );
    expect(viewed({ history: countBy('title') })).to.throw('the engine needs the name of the view "history"');
    expect(viewed({ 'by/title': countBy('title') })).to.throw('its name must be 1 to 64 letters');
    expect(viewed({ byTitle: 'title' })).to.throw('the view "byTitle" must be made by countBy');
    for (const measures of [['notes'], ['none'], ['__proto__'], [7]])
      expect(viewed({ byTitle: { by: 'title', measures } })).to.throw('is no field with a number');
    for (const measures of ['pages', ['pages', 'pages']])
      expect(viewed({ byTitle: { by: 'title', measures } })).to.throw('must be a list of at most 8 fields');
  });

  it('has indexes of fields with an order, each once', () => {
    const fields = { title: Joi.string(), tags: Joi.array(), any: Joi.any(), 'a b': Joi.string() };
    const indexed = (indexes: unknown) => define({ fields, indexes });
    expect(defineRecord({ ...book, indexes: ['title'] }).indexes.get('title')).to.equal('string');
    expect(indexed('title')).to.throw('its indexes must be a list of at most 16 names of fields');
    expect(indexed(['name'])).to.throw('the index "name" is no field: its fields are title, tags, any, a b');
    expect(indexed(['__proto__'])).to.throw('the index "__proto__" is no field');
    expect(indexed([7])).to.throw('the index 7 is no field');
    expect(indexed(['title', 'title'])).to.throw('the index "title" is declared twice: take one out');
    expect(indexed(['updatedAt'])).to.throw('the index "updatedAt" is built in: take it out');
    expect(indexed(['tags'])).to.throw('the index "tags" has the type array: only a string, number, boolean, date can');
    expect(indexed(['any'])).to.throw('the index "any" has the type any');
    expect(indexed(['a b'])).to.throw('the index "a b" stands in addresses');
  });
});
