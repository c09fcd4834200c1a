import { expect } from 'chai';
import { defineRecord } from './define-record.ts';
import { emailAddress, lineOfText } from './line-of-text.ts';
import { parseInput, parseWithJoi } from './parse-input.ts';

const person = defineRecord({
  ...{ name: 'person', title: 'Person', collection: 'Persons' },
  fields: { name: lineOfText(5), email: emailAddress() },
});

const faultsOf = (input: object) => {
  const parsed = parseInput(person.creating, input);
  expect(parseWithJoi(person.creating, input)).to.deep.equal(parsed); // the compiled check agrees
  return parsed.kind === 'faults' ? parsed.faults.map(({ detail }) => detail) : [];
};
const withName = (name: string) => faultsOf({ name, email: 'a@b.example' });
const withEmail = (email: string) => faultsOf({ name: 'Ada', email });

describe('A line of text', () => {
  it('may be in any script, with emoji and joiners, and is counted in code points', () => {
    for (const name of ['A', 'Zoé', '李', 'آدا', '🦉🦉🦉🦉🦉', '👩‍💻', 'क्‍ष', '?', ' a '])
      expect(withName(name), name).to.deep.equal([]);
    expect(withName('🦉🦉🦉🦉🦉🦉')).to.deep.equal(['"name" length must be less than or equal to 5 characters long']);
  });

  it('has no control characters, line breaks or characters that reorder text', () => {
    for (const bad of [
      '\u0000',
      '\n',
      '\t',
      '\u007f',
      '\u0085',
      '\u2028',
      '\u202e',
      '\u2066',
      '\ufeff',
      '\u{e0041}',
      '\u200b',
      '\u00ad',
      '\u200f',
    ])
      expect(withName(`A${bad}`), JSON.stringify(bad)).to.deep.equal([
        '"name" must have no control characters, line breaks or characters that reorder text',
      ]);
  });

  it('has a visible character', () => {
    for (const blank of [' ', '\u00a0', '\u3164', '\u2800', '\u200d', ' \u3000 '])
      expect(withName(blank), JSON.stringify(blank)).to.deep.equal(['"name" must have a visible character']);
    expect(withName('')).to.deep.equal(['"name" is not allowed to be empty']);
  });
});

describe('An e-mail address', () => {
  it('may be in any script', () => {
    for (const email of ['ada@example.com', 'ada+x@mail.example.co', 'Zoé@exämple.com', '用户@例子.公司'])
      expect(withEmail(email), email).to.deep.equal([]);
  });

  it('has a domain with a dot, and no spaces or invisible characters', () => {
    for (const email of [
      'ada',
      'ada@localhost',
      '@example.com',
      'a b@example.com',
      'a\u200b@example.com',
      'ada@exa\u00admple.com',
      'a\u202eb@example.com',
      ' ada@example.com',
    ])
      expect(withEmail(email), JSON.stringify(email)).not.to.deep.equal([]);
  });
});
