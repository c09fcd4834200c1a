import { expect } from 'chai';
import fc from 'fast-check';
import { findRepeated } from './find-repeated.ts';
import { parseJson } from './parse-json.ts';

const found = (text: string) => findRepeated(text, JSON.parse(text));

describe('A name that occurs twice in a JSON object', () => {
  it('is found, and its pointer says where', () => {
    for (const [text, pointer] of [
      ['{"group":1,"group":99}', '/group'],
      ['{"a":{"b":1,"c":[{"d":1},{"e":1,"e":1}]}}', '/a/c/1/e'],
      ['{"a" \n :1, "\\u0061" : 2}', '/a'],
      ['{"a/b":1,"a/b":2}', '/a~1b'],
      ['{"":1,"":2}', '/'],
      ['{"__proto__":1,"__proto__":2}', '/__proto__'],
      ['[{"x":1},{"x":1,"x":2}]', '/1/x'],
      [`{"a"${' '.repeat(500)}:1,"a":2}`, '/a'],
      ['{"a":"\\\\","a":"\\""}', '/a'],
      ['{"a":{"a":1},"b":{"a":1},"b":1}', '/b'],
    ] as const)
      expect(found(text), text).to.equal(pointer);
  });

  it('is not found where names differ, or belong to other objects, or are values', () => {
    for (const text of ['{}', '[]', '{"a":"b:c","b":"a"}', '{"a":{"a":{"a":1}}}', '["a","a"]', '{"a:":1,"a":":\\":"}'])
      expect(found(text), text).to.equal(undefined);
    fc.assert(fc.property(fc.json(), (text) => found(text) === undefined));
    fc.assert(fc.property(fc.jsonValue(), (value) => found(JSON.stringify(value, null, 2)) === undefined));
  });

  it('is found wherever it is added', () => {
    const anyObject = fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue(), { minKeys: 1, maxKeys: 5 });
    fc.assert(
      fc.property(anyObject, fc.nat(), (object, n) => {
        const text = JSON.stringify(object);
        const names = Object.keys(JSON.parse(text));
        const name = names[n % names.length] as string;
        const pointer = `/${name.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`;
        expect(found(`${text.slice(0, -1)},${JSON.stringify(name)}:0}`)).to.equal(pointer);
      }),
    );
  });

  it('costs a time that grows with the length only, and makes no long pointer', () => {
    const deep = `${'{"a":'.repeat(10_000)}{"b":1,"b":2}${'}'.repeat(10_000)}`;
    const startedAt = performance.now();
    expect(parseJson(Buffer.from(deep)).kind).to.equal('problem');
    expect(found(deep)?.length).to.be.below(10_100);
    expect(performance.now() - startedAt).to.be.below(2_000);
  });
});
