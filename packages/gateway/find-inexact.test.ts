import { expect } from 'chai';
import fc from 'fast-check';
import { findInexact } from './find-inexact.ts';
import { parseJson } from './parse-json.ts';

describe('A number in JSON that cannot be kept exactly', () => {
  it('is found, and its pointer says where', () => {
    for (const [text, pointer] of [
      ['{"n":1e400}', '/n'],
      ['{"n":-1e400}', '/n'],
      ['{"n":1e-400}', '/n'],
      ['{"n":9007199254740993}', '/n'],
      ['{"n":-12345678901234567890}', '/n'],
      [`{"n":1${'0'.repeat(400)}}`, '/n'],
      ['{"a":[1,{"b/c": 0.5 ,"d":[[],1E+999]}]}', '/a/1/d/1'],
      ['[1,"9007199254740993",9007199254740993]', '/2'],
    ] as const)
      expect(findInexact(text), text).to.equal(pointer);
  });

  it('is not found in numbers that come back as they are, nor in texts and names', () => {
    for (const text of [
      '{"n":-0,"m":0.0,"e":0e-999,"z":-0.000e999}',
      '{"n":9007199254740991,"m":9007199254740992,"p":1152921504606847000}',
      '{"n":1e300,"m":1.7976931348623157e308,"s":5e-324}',
      `{"n":1${'0'.repeat(300)}}`,
      '{"n":0.1000000000000000055511151231257827}',
      '{"1e400":"9007199254740993","id":"12345678901234567890"}',
      '{"a":"\\\\","b":"\\"1e400"}',
    ])
      expect(findInexact(text), text).to.equal(undefined);
  });

  it('is none of those that JavaScript writes', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => findInexact(JSON.stringify(value)) === undefined));
    const numbers = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.bigInt().map(Number));
    fc.assert(fc.property(numbers.filter(Number.isFinite), (n) => findInexact(JSON.stringify([n])) === undefined));
  });

  it('is each integer that would come back as another one, and no other integer', () => {
    const comesBack = (integer: bigint) => BigInt(JSON.stringify(Number(integer)).replace(/e.*/, '')) === integer;
    const below = 10n ** 21n - 10n ** 5n; // JavaScript writes these without an exponent
    fc.assert(
      fc.property(fc.bigInt({ min: -below, max: below }), (integer) => {
        expect(findInexact(`[${integer}]`) === undefined).to.equal(comesBack(integer));
      }),
    );
  });

  it('is refused with a code, and costs a time that grows with the length only', () => {
    const parsed = parseJson(Buffer.from('{"at":{"id":12345678901234567890}}'));
    expect(parsed.kind === 'problem' && [parsed.code, parsed.pointer]).to.deep.equal(['unsafe-number', '/at/id']);
    const startedAt = performance.now();
    for (const digits of [`0.${'0'.repeat(60_000)}1`, `1${'0'.repeat(60_000)}1`])
      parseJson(Buffer.from(`{"n":${digits}}`));
    findInexact(`[${Array.from({ length: 200 }, () => `1${'0'.repeat(300)}1`).join()}]`);
    expect(performance.now() - startedAt).to.be.below(1_000);
  });
});
