import { expect } from 'chai';
import Joi from 'joi';
import { message } from '../entities/message.ts';
import { user } from '../entities/user.ts';
import { defineRecord } from './define-record.ts';
import type { Entity } from './entity.ts';
import { optional } from './optional.ts';
import { findIdFaults, type ParsedInput, parseInput } from './parse-input.ts';

const ada = { name: 'Ada', email: 'ada@example.org', group: 1 };

const parseNew = (entity: Entity, body: unknown) => parseInput(entity.creating, body);
const parseChanges = (entity: Entity, body: unknown) => {
  const update = entity.commands.get('update');
  if (!update) throw new Error(`A ${entity.name} has no update`);
  return parseInput(update, body);
};

/** Parses JSON text as a client sends it, so that `__proto__` is an ordinary key. */
const newFrom = (text: string) => parseNew(user, JSON.parse(text));
const withField = (text: string) => newFrom(`{"name":"Ada","email":"ada@example.org","group":1,${text}}`);
const pointersOf = (parsed: ParsedInput) =>
  parsed.kind === 'faults' ? parsed.faults.map(({ pointer }) => pointer) : 'none';

describe('The input of a command', () => {
  it('is accepted if it is valid, and its id is separate from the fields', () => {
    expect(parseNew(user, { id: '13AE742', ...ada })).to.deep.equal({ kind: 'input', id: '13AE742', fields: ada });
    expect(parseNew(user, ada)).to.deep.equal({ kind: 'input', id: undefined, fields: ada });
    expect(parseChanges(user, { group: 2 })).to.deep.equal({ kind: 'input', id: undefined, fields: { group: 2 } });
    expect(parseChanges(user, { id: 'a', group: 2 })).to.deep.equal({ kind: 'input', id: 'a', fields: { group: 2 } });
  });

  it('must be a JSON object', () => {
    for (const body of [null, undefined, [], [ada], 'Ada', 7, true])
      for (const parse of [parseNew, parseChanges])
        expect(parse(user, body), JSON.stringify(body)).to.deep.equal({
          kind: 'faults',
          faults: [{ pointer: '', code: 'not-an-object', detail: 'expected a JSON object' }],
        });
  });

  it('may have 32 levels, and as many where the body is one field of the input', () => {
    const nested = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
    const { creating } = message;
    expect(parseInput(creating, { content: nested(32) }).kind).to.equal('input');
    expect(pointersOf(parseInput(creating, { content: nested(33) }))).to.deep.equal([`/content${'/a'.repeat(32)}`]);
    expect(pointersOf(parseNew(user, nested(32)))).not.to.deep.equal(pointersOf(parseNew(user, nested(33))));
  });

  it('reports all faults at once, each with a pointer to its place', () => {
    expect(pointersOf(newFrom('{"id":"count","name":"","email":"x","group":"7","age":3}'))).to.deep.equal([
      '/id',
      '/name',
      '/email',
      '/group',
      '/age',
    ]);
    expect(pointersOf(newFrom('{}'))).to.deep.equal(['/name', '/email', '/group']);
  });

  it('is refused with unknown fields of any name', () => {
    expect(pointersOf(withField('"age":1'))).to.deep.equal(['/age']);
    expect(pointersOf(withField('"constructor":{"prototype":1}'))).to.deep.equal(['/constructor']);
    expect(pointersOf(withField('"toString":1,"hasOwnProperty":1'))).to.deep.equal(['/toString', '/hasOwnProperty']);
    expect(pointersOf(withField('"version":1,"_id":"x","createdAt":1'))).to.deep.equal([
      '/version',
      '/_id',
      '/createdAt',
    ]);
    expect(pointersOf(withField('"":1'))).to.deep.equal(['/']);
    expect(pointersOf(withField('"a/b~c":1'))).to.deep.equal(['/a~1b~0c']);
  });

  it('is refused with wrong types, and never converted', () => {
    const wrong = {
      name: [1, null, true, {}, [], ['Ada']],
      email: [1, null, 'ada', 'ada@', {}],
      group: ['1', 1.5, null, true, [1], {}],
    };
    for (const [name, values] of Object.entries(wrong))
      for (const value of values) {
        expect(
          pointersOf(parseNew(user, { ...ada, [name]: value })),
          `${name}: ${JSON.stringify(value)}`,
        ).to.deep.equal([`/${name}`]);
        expect(pointersOf(parseChanges(user, { [name]: value })), `${name}: ${JSON.stringify(value)}`).to.deep.equal([
          `/${name}`,
        ]);
      }
  });

  it('is refused with operators at any place', () => {
    expect(pointersOf(withField('"$where":"1"'))).to.deep.equal(['/$where']);
    expect(pointersOf(newFrom('{"name":{"$ne":null},"email":"ada@example.org","group":1}'))).to.deep.equal([
      '/name/$ne',
    ]);
    expect(pointersOf(newFrom('{"name":[{"a":{"$gt":1}}]}'))).to.deep.equal(['/name/0/a/$gt']);
    expect(pointersOf(withField('"a.b":1'))).to.deep.equal(['/a.b']);
  });

  it('is refused with __proto__ as an own key, and changes no prototype', () => {
    expect(pointersOf(withField('"__proto__":{"group":9}'))).to.deep.equal(['/__proto__']);
    expect(pointersOf(newFrom('{"name":{"__proto__":{"polluted":1}}}'))).to.deep.equal(['/name/__proto__']);
    expect(pointersOf(parseChanges(user, JSON.parse('{"__proto__":{"group":9}}')))).to.deep.equal(['/__proto__']);
    expect({}).not.to.have.property('polluted');
  });

  it('is refused if it is nested too deeply, without a walk to the end', () => {
    const deep = JSON.parse(`{"name":${'['.repeat(10_000)}${']'.repeat(10_000)}}`);
    const parsed = parseNew(user, deep);
    expect(pointersOf(parsed)).to.deep.equal([`/name${'/0'.repeat(31)}`]);
  });

  it('is refused with malformed Unicode in values or keys', () => {
    expect(pointersOf(withField('"name":"\\ud800"'))).to.deep.equal(['/name']);
    expect(pointersOf(withField('"name":"a\\udc00b"'))).to.deep.equal(['/name']);
    expect(pointersOf(withField('"\\ud800":1'))).to.deep.equal(['/\ufffd']);
    expect(pointersOf(withField('"name":"\\ud83d\\ude00"'))).to.equal('none');
  });

  it('is refused with NUL in a key', () => expect(pointersOf(withField('"a\\u0000b":1'))).to.deep.equal(['/a\0b']));

  it('follows these rules inside a field that allows any keys', () => {
    const form = defineRecord({
      name: 'form',
      title: 'Form',
      collection: 'Forms',
      fields: { answers: Joi.object().unknown() },
    });
    expect(parseNew(form, { answers: { a: 1, constructor: 2 } }).kind).to.equal('input');
    for (const key of ['$set', 'a.b', '__proto__', '_bsontype', 'a\0b', '\ud800'])
      expect(pointersOf(parseNew(form, JSON.parse(`{"answers":{${JSON.stringify(key)}:1}}`))), key).to.have.length(1);
  });

  it('is refused with numbers that are not safe integers', () => {
    for (const number of ['1e400', '-1e400', '9007199254740993', '1e300', '0.5'])
      expect(pointersOf(withField(`"group":${number}`)), number).to.deep.equal(['/group']);
    for (const number of ['9007199254740991', '-9007199254740991', '0', '-0', '1e3'])
      expect(pointersOf(withField(`"group":${number}`)), number).to.equal('none');
  });

  it('allows names of 1 to 200 characters', () => {
    expect(pointersOf(withField('"name":""'))).to.deep.equal(['/name']);
    expect(pointersOf(parseNew(user, { ...ada, name: 'x'.repeat(201) }))).to.deep.equal(['/name']);
    for (const name of ['x', 'x'.repeat(200), '🦉'.repeat(200), '$where', '__proto__', 'a.b'])
      expect(pointersOf(parseNew(user, { ...ada, name })), name).to.equal('none');
  });

  it('must have at least one field for an update', () => {
    for (const body of [{}, { id: 'a' }]) expect(pointersOf(parseChanges(user, body))).to.deep.equal(['']);
  });

  it('gets no defaults for the omitted fields of an update', () => {
    const counter = defineRecord({
      name: 'counter',
      title: 'Counter',
      collection: 'Counters',
      fields: { label: Joi.string(), count: optional(Joi.number().default(0)) },
    });
    expect(parseNew(counter, { label: 'a' })).to.deep.equal({
      kind: 'input',
      id: undefined,
      fields: { label: 'a', count: 0 },
    });
    expect(parseChanges(counter, { label: 'b' })).to.deep.equal({
      kind: 'input',
      id: undefined,
      fields: { label: 'b' },
    });
  });
});

describe('An id', () => {
  it('is 1 to 64 letters, digits, _ and -', () => {
    const uuid = '01980b2e-7a3c-7d4e-8f00-123456789abc';
    for (const id of ['a', '13AE742', uuid, '_', '-', 'x'.repeat(64), 'counter', '__proto__', 'constructor'])
      expect(findIdFaults(id), id).to.deep.equal([]);
    const wrong = [
      '',
      'x'.repeat(65),
      'a b',
      'a/b',
      'a.b',
      'ä',
      'a\n',
      '\n',
      'a\0',
      '../a',
      '$a',
      '%41',
      '😀',
      7,
      null,
      undefined,
      {},
      [],
      ['a'],
      true,
    ];
    for (const id of wrong)
      expect(pointersOf({ kind: 'faults', faults: findIdFaults(id) }), JSON.stringify(id)).to.deep.equal(['/id']);
  });

  it('is not a reserved word of an address', () => {
    for (const id of ['count', 'events', 'history', 'schema', 'search', 'stream']) {
      expect(pointersOf({ kind: 'faults', faults: findIdFaults(id) }), id).to.deep.equal(['/id']);
      expect(pointersOf(parseNew(user, { id, ...ada })), id).to.deep.equal(['/id']);
    }
  });

  it('follows the same rule in a body as in an address', () => {
    for (const id of ['', 'x'.repeat(65), 'a/b', 7, null, {}, ['a']]) {
      expect(pointersOf(parseNew(user, { id, ...ada })), JSON.stringify(id)).to.deep.equal(['/id']);
      expect(pointersOf(parseChanges(user, { id, group: 2 })), JSON.stringify(id)).to.deep.equal(['/id']);
    }
    expect(pointersOf(parseNew(user, { id: 'x'.repeat(64), ...ada }))).to.equal('none');
  });

  it('has faults with a pointer to its place', () =>
    expect(findIdFaults('', '/floors/0')[0]?.pointer).to.equal('/floors/0'));
});

describe('The faults of an input', () => {
  it('are at most 50, and say how many more there are: an answer must not grow with what comes in', () => {
    const list = defineRecord({
      ...{ name: 'list', title: 'List', collection: 'Lists' },
      fields: { numbers: Joi.array().items(Joi.number()) },
    });
    const parsed = parseInput(list.creating, { numbers: Array.from({ length: 4_000 }, String) });
    if (parsed.kind !== 'faults') throw new Error('The input must have faults');
    expect(parsed.faults).to.have.length(51);
    expect(parsed.faults[50]).to.deep.equal({ pointer: '', code: 'more-faults', detail: 'and 3950 more faults' });
  });
});
