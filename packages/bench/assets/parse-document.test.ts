import { expect } from 'chai';
import { parseDocument } from './parse-document.ts';

const asset = { type: 'assets', attribute: 'name', most: 255 };
const note = { type: 'notes', attribute: 'content', most: 10_000, to: 'asset' };
const problemOf = (data: unknown, expected = asset) => {
  const parsed = parseDocument({ data }, expected);
  return parsed.kind === 'problem' ? parsed.problem : undefined;
};

describe('A document of the plain server', () => {
  it('has an id, an attribute and perhaps a relationship', () => {
    const relationships = { asset: { data: { type: 'assets', id: 'a1' } } };
    const data = { type: 'notes', id: 'n1', attributes: { content: 'Leaks' }, relationships };
    expect(parseDocument({ data }, note)).to.deep.equal({
      ...{ kind: 'resource', id: 'n1', value: 'Leaks', related: 'a1' },
    });
  });
  it('is refused when a part is wrong', () => {
    const good = { type: 'assets', attributes: { name: 'One' } };
    expect(problemOf(good)).to.equal(undefined);
    expect(problemOf(undefined)).to.contain('data.type');
    expect(problemOf({ ...good, type: 'notes' })).to.contain('data.type');
    expect(problemOf({ ...good, id: 'a/b' })).to.contain('data.id');
    expect(problemOf({ ...good, attributes: { name: 'x'.repeat(256) } })).to.contain('data.attributes.name');
    expect(problemOf({ type: 'notes', attributes: { content: 'x' } }, note)).to.contain('data.relationships.asset');
  });
});
