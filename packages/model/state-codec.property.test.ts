import { anyKey, anyState } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import type { State } from './state.ts';
import { decodeState, encodeState, parseState, writeState } from './state-codec.ts';

const withFields = (fields: Record<string, unknown>): State => ({
  ...{ status: 'active', version: 1, fields, createdAt: new Date(1), updatedAt: new Date(2) },
});
const fieldsAfter = (fields: Record<string, unknown>) => {
  const state = parseState(writeState(withFields(fields)));
  return state.status === 'active' ? state.fields : undefined;
};

describe('The codec of states', () => {
  it('reads back every state unchanged', () =>
    fc.assert(
      fc.property(anyState, (state) => {
        expect(parseState(writeState(state))).to.deep.equal(state);
      }),
      { numRuns: 1_000 },
    ));

  it('writes the same text again for a state that it read', () =>
    fc.assert(
      fc.property(anyState, (state) => {
        const text = writeState(state);
        expect(writeState(parseState(text))).to.equal(text);
      }),
    ));

  it('does not change the state that it encodes', () =>
    fc.assert(
      fc.property(anyState, (state) => {
        const before = structuredClone(state);
        encodeState(state);
        expect(state).to.deep.equal(before);
      }),
    ));

  it('does not copy fields that JSON can represent', () => {
    const fields = { text: 'a', tags: ['x'], place: { x: 1 } };
    expect((encodeState(withFields(fields)) as { fields: unknown }).fields).to.equal(fields);
  });

  it('distinguishes an object from the encoded form of a date or a number', () => {
    const fields = { a: { $date: 1 }, b: { $plain: { $number: 'NaN' } }, c: { $date: 1, d: new Date(1) }, d: [-0] };
    expect(fieldsAfter(fields)).to.deep.equal(fields);
    expect(fieldsAfter({ a: { $date: undefined, $number: 1 } })).to.deep.equal({ a: { $number: 1 } });
  });

  it('omits an undefined field and encodes an undefined list item as null, as the database does', () => {
    expect(fieldsAfter({ a: undefined, b: { c: undefined }, d: [undefined, 1] })).to.deep.equal({
      b: {},
      d: [null, 1],
    });
  });

  it('refuses to write a value that it cannot read back', () => {
    class Decimal {}
    const refused = [new Decimal(), /x/, Buffer.from('x'), new Map(), 1n, Symbol('s'), () => 1, new Date(Number.NaN)];
    for (const value of refused) {
      expect(() => writeState(withFields({ deep: [{ value }] })), String(value)).to.throw(TypeError, /^Cannot write/);
    }
    expect(() => writeState({ ...withFields({}), createdAt: new Date(Number.NaN) } as State)).to.throw(TypeError);
  });

  it('reads a damaged text as a state, or throws RangeError or SyntaxError', () =>
    fc.assert(
      fc.property(fc.oneof(anyState.map(encodeState), fc.jsonValue()), anyKey, fc.jsonValue(), (value, name, put) => {
        const isObject = typeof value === 'object' && value !== null;
        expectStateOrRangeError(isObject ? { ...value, [name]: put } : value);
      }),
    ));

  it('refuses a state with an invalid version, date or number, or with too deep nesting', () => {
    const good = encodeState(withFields({})) as Record<string, unknown>;
    let deep: unknown = 1;
    for (let depth = 0; depth < 2_000; depth += 1) deep = [deep];
    const bad = [
      ...[null, [], 'absent', {}, { status: 'gone', version: 1 }, { status: 'absent' }],
      ...[
        { ...good, version: -1 },
        { ...good, version: 0.5 },
        { ...good, createdAt: '2026' },
      ],
      ...[
        { ...good, updatedAt: 1e300 },
        { ...good, fields: null },
        { ...good, fields: [] },
      ],
      ...[
        { ...good, fields: { a: { $number: '7' } } },
        { ...good, fields: { a: { $date: 'x' } } },
      ],
      ...[
        { ...good, fields: { a: { $plain: 1 } } },
        { ...good, fields: { deep } },
      ],
    ];
    for (const value of bad) expect(() => decodeState(value), JSON.stringify(value)?.slice(0, 80)).to.throw(RangeError);
    expect(() => parseState('{"status":')).to.throw(SyntaxError);
  });
});

const expectStateOrRangeError = (value: unknown) => {
  try {
    expect(decodeState(value).status).to.be.oneOf(['absent', 'active', 'deleted']);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
};
