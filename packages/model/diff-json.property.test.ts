import { applyMergePatch } from '@muster/testing';
import { expect } from 'chai';
import fc from 'fast-check';
import { diffJson } from './diff-json.ts';

/** Any value of JSON, with few names and values, so that many are equal. */
const anyJson = fc
  .letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(null, true, 0, 1, '', 'a'),
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'constructor', '0'), tie('value'), { maxKeys: 4 }),
    ),
  }))
  .value.map((value) => JSON.parse(JSON.stringify(value)) as unknown);

describe('The difference between two values of JSON', () => {
  it('turns the first into the second, apart from members that are null', () =>
    fc.assert(
      fc.property(anyJson, anyJson, (before, after) => {
        expect(withoutNulls(applyMergePatch(before, diffJson(before, after)))).to.deep.equal(withoutNulls(after));
      }),
      { numRuns: 2_000 },
    ));

  it('is empty for equal objects, and names only members that differ', () =>
    fc.assert(
      fc.property(fc.dictionary(fc.string(), anyJson), fc.string(), anyJson, (object, name, value) => {
        const before = JSON.parse(JSON.stringify(object));
        expect(diffJson(before, before)).to.deep.equal({});
        const after = JSON.parse(JSON.stringify({ ...before, [name]: value }));
        for (const changed of Object.keys(diffJson(before, after) as object)) expect(changed).to.equal(name);
      }),
    ));

  const cases: [name: string, before: unknown, after: unknown, patch: unknown][] = [
    ['a changed member', { a: 1, b: 2 }, { a: 1, b: 3 }, { b: 3 }],
    ['a new member', { a: 1 }, { a: 1, b: 2 }, { b: 2 }],
    ['a missing member', { a: 1, b: 2 }, { a: 1 }, { b: null }],
    ['a member inside', { a: { b: 1, c: 2 } }, { a: { b: 1, d: 3 } }, { a: { c: null, d: 3 } }],
    ['an object that became empty', { a: { b: 1 } }, { a: {} }, { a: { b: null } }],
    ['an empty object in place of a number', { a: 1 }, { a: {} }, { a: {} }],
    ['a list, as a whole', { a: [1, 2] }, { a: [1, 3] }, { a: [1, 3] }],
    ['nothing before', null, { id: 'x', a: 1 }, { id: 'x', a: 1 }],
    ['nothing after', { id: 'x', a: 1 }, null, null],
    ['a member that became null, which counts as missing', { a: 1 }, { a: null }, { a: null }],
    ['a member that is null, which counts as missing', { a: null }, {}, {}],
  ];
  for (const [name, before, after, patch] of cases)
    it(`shows ${name}`, () => expect(diffJson(before, after)).to.deep.equal(patch));
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

// inside a list, a merge patch keeps members that are null
const withoutNulls = (value: unknown): unknown => {
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutNulls(member)]));
};
