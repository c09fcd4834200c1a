import { isDeepStrictEqual } from 'node:util';
import { expect } from 'chai';
import fc from 'fast-check';
import Joi from 'joi';
import { compileData, compileInput } from './compile-schema.ts';
import { type Check, unsure } from './compile-value.ts';
import type { CommandType } from './entity.ts';
import { inputSchemaOf } from './field-schemas.ts';
import { findFieldProblem } from './find-field-problem.ts';
import { parseInput, parseWithJoi } from './parse-input.ts';
import type { Fields } from './stored-event.ts';

// Joi is the oracle: whatever the compiled check accepts, Joi accepts with the same values, and the faults are Joi's

/** A schema, values that are valid or nearly so, and whether the compiler knows all of it. */
type Part = { schema: Joi.Schema; near: fc.Arbitrary<unknown>; isKnown: boolean };
type Changes<Schema> = readonly ((schema: Schema) => Joi.Schema)[];

const anyOf = <Value>(...values: Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  anyOf<unknown>(-0, 1e300, 2 ** 53, 'true', '3', '', null, '\ud800', undefined, Number.NaN, [undefined], { $a: 1 }),
  anyOf<unknown>({ ['__proto__']: 1 }, [-0], { 'a.b': 1 }),
);

const anyLabel = fc.oneof(
  { arbitrary: anyOf('a', 'example', 'x-1', 'Org', 'co', 'x'.repeat(63)), weight: 5 },
  fc.string({ unit: anyOf('a', 'B', '7', '-'), minLength: 1, maxLength: 5 }),
  anyOf('xn--ls8h', 'xn--a', 'a--b', 'ä', 'a_b', '', '%61', 'x'.repeat(64), '0x1', '1', 'a b', 'a\n', '-'),
);
const anyLocal = fc.oneof(
  { arbitrary: anyOf('ada', 'a.b', "o'hara+x", 'x'.repeat(64)), weight: 3 },
  anyOf('.a', 'a..b', 'ü', 'x'.repeat(65), 'a b', '"a"', '', 'a\n'),
  fc.string({ maxLength: 6 }),
);
const anyEmail = fc
  .tuple(anyLocal, fc.array(anyLabel, { minLength: 1, maxLength: 5 }), anyOf('@', '@', '@', '@', '@', '@', '@@', ''))
  .map(([local, labels, at]) => `${local}${at}${labels.join('.')}`);
const anyIso = fc
  .tuple(
    anyOf('2026-01-31', '2026-02-31', '2026-13-01', '0000-01-01', '2026-1-1'),
    anyOf('', 'T00:00:00Z', 'T24:00:00Z', 'T23:59:59.5+01:00', 'T10:00Z', 'T9:00Z', ' 10:00', 'T10:00:60Z', 'Z'),
  )
  .map((parts) => parts.join(''));
const guid = '01980b2e-7a3c-7d4e-8f00-123456789abc';
const anyText = fc.oneof(
  { arbitrary: fc.string({ unit: anyOf('a', 'b', 'C', '7', ' ', '_', 'ß', '😀', 'İ'), maxLength: 6 }), weight: 3 },
  { arbitrary: anyEmail, weight: 4 },
  { arbitrary: anyIso, weight: 1 },
  anyOf(
    guid,
    guid.toUpperCase(),
    `{${guid}}`,
    guid.replaceAll('-', ''),
    guid.replace('7d', '4d'),
    guid.replace('7d', '1d'),
    'a/b',
    'a\n',
  ),
);

const rulesOfText: Changes<Joi.StringSchema> = [
  (text) => text.min(0),
  (text) => text.min(2),
  (text) => text.max(3),
  (text) => text.max(200),
  (text) => text.length(2),
  (text) => text.pattern(/^a/),
  (text) => text.pattern(/b|a\/b/i, 'named'),
  (text) => text.pattern(/😀/u, { invert: true }),
  (text) => text.trim(),
  (text) => text.lowercase(),
  (text) => text.uppercase(),
  (text) => text.alphanum(),
  (text) => text.token(),
  (text) => text.allow(''),
  (text) => text.invalid('a', 'b'),
  (text) => text.valid('a', 'ab', guid),
];
// the compiler knows these for the usual texts only
const looseRulesOfText: Changes<Joi.StringSchema> = [
  (text) => text.email({ tlds: false }),
  (text) => text.guid(),
  (text) => text.guid({ version: ['uuidv4', 'uuidv7'] }),
  (text) => text.isoDate(),
  (text) => text.email({ tlds: false, allowUnicode: false, ignoreLength: true }),
];
const unknownOfText: Changes<Joi.StringSchema> = [
  (text) => text.insensitive().valid('A'),
  (text) => text.max(3).truncate(),
  (text) => text.email(),
  (text) => text.email({ minDomainSegments: 1 }),
  (text) => text.max(3, 'utf8'),
  (text) => text.normalize(),
  (text) => text.trim(false),
  (text) => text.empty(''),
  (text) => text.replace(/a/g, 'b'),
  (text) => text.guid({ wrapper: true }),
  (text) => text.email({ tlds: false, multiple: true }),
  (text) => text.email({ tlds: { allow: ['com'] } }),
  (text) => text.min(2).keep().min(4),
];

const rulesOfNumber: Changes<Joi.NumberSchema> = [
  (number) => number.integer(),
  (number) => number.min(0),
  (number) => number.max(10),
  (number) => number.greater(0),
  (number) => number.less(7.5),
  (number) => number.positive(),
  (number) => number.negative(),
  (number) => number.multiple(3),
  (number) => number.multiple(0.1),
  (number) => number.precision(2),
  (number) => number.port(),
  (number) => number.valid(0, 3, 'x'),
  (number) => number.invalid(0, 3),
];
const unknownOfNumber: Changes<Joi.NumberSchema> = [
  (number) => number.unsafe(),
  (number) => number.min(Joi.ref('r')),
  (number) => number.cast('string'),
];
const anyNumber = fc.oneof(
  ...[fc.integer({ min: -3, max: 12 }), fc.double(), fc.double({ min: -1, max: 1 })],
  anyOf<unknown>('3', -0, 0.3, 0.1, 1.005, 1e-7, 2.5e-7, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e21, 65_535, 65_536),
);

const rulesOfAll: Changes<Joi.Schema> = [
  (schema) => schema.required(),
  (schema) => schema.optional(),
  (schema) => schema.allow(null),
  (schema) => schema.label('other'),
  (schema) => schema.allow(0, 'x', true),
  (schema) => schema.messages({ 'a.b': 'c' }),
  (schema) => schema.default(7),
  (schema) => schema.default(null),
  (schema) => schema.strict(),
  (schema) => schema.description('text').meta({ a: 1 }),
  (schema) => schema.prefs({ noDefaults: true }),
  (schema) => schema.example('text'),
];
const unknownOfAll: Changes<Joi.Schema> = [
  (schema) => schema.default(() => 7),
  (schema) => schema.default({ a: 1 }),
  (schema) => schema.strip(),
  (schema) => schema.raw(),
  (schema) => schema.failover(7),
  (schema) => schema.forbidden(),
  (schema) => schema.empty('a'),
  (schema) => schema.prefs({ convert: true }),
  (schema) => schema.allow(Joi.ref('r')),
  (schema) => schema.invalid(Joi.ref('r')),
  (schema) => schema.custom(() => 9),
  (schema) => schema.allow({ a: 1 }, new Date(0)),
  (schema) => schema.error(new Error('x')),
  (schema) => schema.prefs({ presence: 'required' }),
  (schema) => schema.when('r', { is: Joi.exist(), otherwise: Joi.valid(8) }),
  (schema) => schema.custom((_, { error }) => error('any.custom', { error: new Error('x') })),
];

const extended = Joi.extend({ type: 'string', base: Joi.string(), validate: (value) => ({ value: `${value}!` }) });

/** The schema with some of these changes. Joi refuses some combinations: those are left out. */
const changed = <Schema extends Joi.Schema>(
  base: Part & { schema: Schema },
  known: Changes<Schema>,
  unknown: Changes<Schema>,
  loose: Changes<Schema> = [],
): fc.Arbitrary<Part> =>
  fc
    .tuple(
      ...[someOf(known, 3), someOf(rulesOfAll, 3)],
      fc.oneof({ arbitrary: fc.constant([]), weight: 4 }, someOf(loose, 1)),
      fc.oneof({ arbitrary: fc.constant([]), weight: 24 }, someOf([...unknown, ...unknownOfAll], 1)),
    )
    .map(([some, common, looseOnes, unknownOnes]): Part => {
      const schema = [...some, ...common, ...looseOnes, ...unknownOnes].reduce(tryChange, base.schema);
      const valid = fc.sample(base.near, { numRuns: 30, seed: 1 }).filter((value) => isValid(schema, value));
      if (valid.length === 0) return base; // rules that no value keeps say nothing
      const near = fc.oneof({ arbitrary: fc.constantFrom(...valid), weight: 9 }, base.near);
      return { schema, near, isKnown: base.isKnown && looseOnes.length + unknownOnes.length === 0 };
    });

const isValid = (schema: Joi.Schema, value: unknown): boolean => {
  try {
    return !schema.validate(value, { convert: false }).error;
  } catch {
    return false;
  }
};

const someOf = <Item>(items: readonly Item[], maxLength: number) =>
  fc.subarray([...items], { maxLength: Math.min(maxLength, items.length) });

const tryChange = (schema: Joi.Schema, change: (schema: never) => Joi.Schema): Joi.Schema => {
  try {
    return change(schema as never);
  } catch {
    return schema;
  }
};

const rulesOfList: Changes<Joi.ArraySchema> = [(schema) => schema.min(1), (schema) => schema.max(2)];
const unknownOfList: Changes<Joi.ArraySchema> = [
  (schema) => schema.single(),
  (schema) => schema.sparse(),
  (schema) => schema.unique(),
  (schema) => schema.items(Joi.number()),
  (schema) => schema.items(Joi.string().valid('z').required()),
  (schema) => schema.ordered(Joi.any()),
  (schema) => schema.length(1),
];
const unknownOfObject: Changes<Joi.ObjectSchema> = [
  (schema) => schema.unknown(),
  (schema) => schema.or('f0', 'f1'),
  (schema) => schema.rename('f0', 'f1'),
  (schema) => schema.default(),
  (schema) => schema.pattern(/^f/, 1),
  (schema) => schema.max(1),
  (schema) => schema.keys({ constructor: Joi.any() }),
  (schema) => schema.keys({ other: Joi.number().default(() => 1) }),
  (schema) => schema.options({ stripUnknown: true }),
];
const unknownOfDate: Changes<Joi.DateSchema> = [(schema) => schema.min('2026-02-01'), (schema) => schema.iso()];
const anyDate = fc.oneof(anyIso, anyOf(new Date(0)));

const { field: anyPart } = fc.letrec<{ field: Part; list: Part; object: Part }>((tie) => ({
  field: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    changed({ schema: Joi.string(), near: anyText, isKnown: true }, rulesOfText, unknownOfText, looseRulesOfText),
    changed({ schema: Joi.number(), near: anyNumber, isKnown: true }, rulesOfNumber, unknownOfNumber),
    changed({ schema: Joi.boolean(), near: fc.boolean(), isKnown: true }, [], [(schema) => schema.truthy('yes')]),
    changed({ schema: Joi.any(), near: odd, isKnown: true }, [], []),
    changed({ schema: Joi.date(), near: anyDate, isKnown: false }, [], unknownOfDate),
    changed(
      { schema: Joi.object(), near: fc.object({ maxDepth: 1, key: anyOf('a', 'b', 'c.d') }), isKnown: false },
      [],
      [(schema) => schema.unknown(), (schema) => schema.min(1)],
    ),
    anyOf<Part>(
      { schema: Joi.valid('a', 1, null), near: anyOf<unknown>('a', 1, null, 'A'), isKnown: false },
      { schema: Joi.alternatives(Joi.string(), Joi.date()), near: anyIso, isKnown: false },
      { schema: extended.string(), near: anyText, isKnown: false },
      { schema: Joi.link('#root'), near: odd, isKnown: false },
    ),
    tie('list'),
    tie('object'),
  ),
  list: (tie('field') as fc.Arbitrary<Part>).chain((item) =>
    changed(
      { schema: Joi.array().items(item.schema), near: fc.array(item.near, { maxLength: 3 }), isKnown: false },
      rulesOfList,
      unknownOfList,
    ),
  ),
  object: anyFieldsOf(tie('field') as fc.Arbitrary<Part>).chain(({ fields, near, isKnown }) =>
    changed({ schema: Joi.object(schemasOf(fields)), near, isKnown }, [], unknownOfObject),
  ),
}));

/** Fields with names, and objects that have most of them, and sometimes others. */
function anyFieldsOf(
  part: fc.Arbitrary<Part>,
): fc.Arbitrary<{ fields: Part[]; near: fc.Arbitrary<object>; isKnown: boolean }> {
  return fc.array(part, { minLength: 1, maxLength: 4 }).map((fields) => {
    const entries = fields.map(({ near }, index) => {
      const value = fc.oneof({ arbitrary: near, weight: 30 }, odd);
      return fc.oneof({ arbitrary: value.map((one) => [[`f${index}`, one]]), weight: 14 }, fc.constant([]));
    });
    const extra = fc.oneof(
      { arbitrary: fc.constant([]), weight: 12 },
      anyOf<unknown[][]>(
        [['r', 1]],
        [['id', 'a']],
        [['id', 'count']],
        [['x', 1]],
        [['constructor', 1]],
        [['__proto__', 1]],
        [['f1', 1]],
      ),
    );
    const near = fc
      .tuple(fc.tuple(...entries), extra, fc.boolean())
      .map(([own, others, isTurned]) => (isTurned ? [...own.flat(), ...others] : [...others, ...own.flat().reverse()]))
      .map((pairs) => Object.fromEntries(pairs));
    return { fields, near, isKnown: fields.every(({ isKnown }) => isKnown) };
  });
}

/** The schemas by name, with a field for references. */
const schemasOf = (fields: readonly Part[]): Record<string, Joi.Schema> =>
  Object.fromEntries([['r', Joi.any().optional()], ...fields.map(({ schema }, index) => [`f${index}`, schema])]);

/** A command with an input of any schema, and inputs for it. */
const anyInputs = anyFieldsOf(anyPart)
  .chain(({ fields, near, isKnown }) =>
    fc.record({
      fields: fc.constant(schemasOf(fields)),
      isKnown: fc.constant(isKnown),
      kind: anyOf('create', 'update', 'converting'),
      bodies: fc.array(fc.oneof({ arbitrary: near, weight: 15 }, odd), { minLength: 16, maxLength: 16 }),
    }),
  )
  .map(({ fields, kind, ...others }) => ({ command: commandOf(schemaOf(fields, kind)), kind, ...others }));

const schemaOf = (fields: Record<string, Joi.Schema>, kind: string): Joi.ObjectSchema => {
  const schema = inputSchemaOf(fields, true);
  if (kind === 'create') return schema;
  if (kind === 'converting') return schema.prefs({ convert: true });
  return schema.fork(Object.keys(fields), (field) => field.optional()).prefs({ noDefaults: true });
};

type Subject = CommandType & { checkData: Check; fields: Record<string, Joi.Schema>; required: string[] };

const commandOf = (schema: Joi.ObjectSchema): Subject => {
  const keys = (schema.$_terms as { keys: { key: string; schema: Joi.Schema }[] }).keys;
  return {
    ...{
      name: 'do',
      creates: true,
      changes: false,
      revives: false,
      idOf: undefined,
      isInternal: false,
      first: undefined,
      body: undefined,
      inputNames: [],
      findFaults: () => [],
    },
    ...compileInput(schema),
    checkData: compileData(schema).check,
    fields: Object.fromEntries(keys.map((key) => [key.key, key.schema])),
    required: keys.filter((key) => key.schema._flags.presence === 'required').map(({ key }) => key),
    decide: () => ({ type: 'Done', data: {} }),
    [fc.toStringMethod as never]: () => text(schema.describe()), // what is said of a counterexample
  };
};

/** What a road gives, or throws: joi throws for a link to nowhere. */
const outcomeOf = (parse: () => unknown): unknown => {
  try {
    return parse();
  } catch (error) {
    return String(error);
  }
};

/** One change each of a plain schema, so that no other change hides what it does. */
const changedOnce = <Schema extends Joi.Schema>(
  schema: Schema,
  near: fc.Arbitrary<unknown>,
  changes: Changes<Schema>,
) => [...changes, ...rulesOfAll, ...unknownOfAll].map((change) => ({ schema: tryChange(schema, change), near }));

const someObject = Joi.object({ r: Joi.any(), f0: Joi.string(), f1: Joi.number().default(1) });
const nearObject = fc.record(
  { f0: anyText, f1: anyNumber, r: odd, x: odd },
  { requiredKeys: [], noNullPrototype: true },
);
const allChangedOnce = [
  ...changedOnce(Joi.string(), anyText, [...rulesOfText, ...looseRulesOfText, ...unknownOfText]),
  ...changedOnce(Joi.number(), anyNumber, [...rulesOfNumber, ...unknownOfNumber]),
  ...changedOnce(Joi.string().isoDate(), anyIso, []),
  ...changedOnce(Joi.date(), anyDate, unknownOfDate),
  ...changedOnce(Joi.array().items(Joi.string()), fc.array(anyText, { maxLength: 3 }), [
    ...rulesOfList,
    ...unknownOfList,
  ]),
  ...changedOnce(someObject, nearObject, unknownOfObject),
];

/** Compares both roads for these bodies. Returns how many need no Joi. */
const compare = (command: Subject, bodies: readonly unknown[]): number => {
  for (const body of bodies) {
    const byJoi = outcomeOf(() => parseWithJoi(command, body));
    const parsed = outcomeOf(() => parseInput(command, body));
    expect(isDeepStrictEqual(parsed, byJoi), `${text(body)} gives ${text(parsed)}, not ${text(byJoi)}`).to.equal(true);
    expect(text(parsed)).to.equal(text(byJoi)); // the same order, too
    if (command.checkData(body) !== unsure) expectFitting(command, body as Fields);
  }
  return bodies.filter((body) => command.check(body) !== unsure).length;
};

/** As the data of an event, a body that is accepted must keep all rules, and have the types of the fields. */
const expectFitting = ({ schema, fields, required }: Subject, data: Fields): void => {
  expect(schema.validate(data).error, text(data)).to.equal(undefined);
  expect(findFieldProblem(fields, required, data), text(data)).to.equal(undefined);
};

/** Joi must not be needed for any of these bodies that it accepts. */
const expectCompiled = (command: CommandType, bodies: readonly unknown[]): void => {
  for (const body of bodies) {
    const isAccepted = Object(parseWithJoi(command, body)).kind === 'input';
    expect(command.check(body) !== unsure, `whether ${text(body)} needs no Joi`).to.equal(isAccepted);
  }
};

describe('The compiled check of an input', () => {
  it('accepts only what Joi accepts, with the same values in the same order', function () {
    this.timeout(60_000);
    const seen = { bodies: 0, compiled: 0 };
    fc.assert(
      fc.property(anyInputs, ({ command, isKnown, kind, bodies }) => {
        seen.bodies += bodies.length;
        seen.compiled += compare(command, bodies);
        if (isKnown && kind !== 'converting') expectCompiled(command, bodies.filter(isJson));
      }),
      { numRuns: 1_500 },
    );
    expect(seen.bodies).to.be.at.least(20_000);
    expect(seen.compiled, 'inputs that need no Joi').to.be.at.least(3_000);
  });

  it('agrees with Joi on addresses of odd parts', () => {
    const command = commandOf(schemaOf({ f0: Joi.string().email({ tlds: false }) }, 'create'));
    const seen = { compiled: 0 };
    const count = (email: string) => {
      seen.compiled += compare(command, [{ f0: email }]);
    };
    fc.assert(fc.property(anyEmail, count), { numRuns: 3_000 });
    expect(seen.compiled).to.be.at.least(300);
  });

  it('agrees with Joi on every single rule and flag, known or unknown', () => {
    for (const { schema, near } of allChangedOnce) {
      const command = commandOf(schemaOf({ r: Joi.any().optional(), f0: schema }, 'create'));
      const value = fc.oneof({ arbitrary: near, weight: 9 }, odd);
      const body = fc.record({ f0: value, r: odd }, { requiredKeys: [], noNullPrototype: true });
      fc.assert(fc.property(fc.constant(command), body, (_, one) => void compare(command, [one])));
    }
  });
});

const text = (value: unknown) => JSON.stringify(value);
const isJson = (value: unknown): boolean =>
  Object(value) === value
    ? [Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value)) &&
      Object.values(value as object).every(isJson)
    : value !== undefined;
