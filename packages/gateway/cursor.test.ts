import type { Filter, SortKey } from '@muster/model';
import { note } from '@muster/testing';
import { expect } from 'chai';
import { cursorLengthMax, parseCursor, writeCursor } from './cursor.ts';

const secret = 'the secret of the tests';
const sort: SortKey[] = [
  { field: 'updatedAt', descending: true },
  { field: 'id', descending: false },
];
const filters: Filter[] = [{ field: 'stars', operator: 'in', keys: [1, 2] }];
const scope = { entity: note, filters, sort };
const keys = [new Date(7), 'ä😀'];

describe('A cursor', () => {
  const cursor = writeCursor(secret, scope, keys) ?? '';

  it('has the keys that it was made of, at every gateway with the secret', () => {
    expect(parseCursor(secret, scope, cursor)).to.deep.equal({ kind: 'keys', keys });
    expect(parseCursor('another secret', scope, cursor)).to.deep.equal({ kind: 'invalid' });
  });

  it('belongs to its entity, filters and sort', () => {
    const foreign = { kind: 'foreign' };
    const otherFilters: Filter[] = [{ field: 'stars', operator: 'in', keys: [1, 3] }];
    expect(parseCursor(secret, { ...scope, filters: otherFilters }, cursor)).to.deep.equal(foreign);
    expect(parseCursor(secret, { ...scope, filters: [] }, cursor)).to.deep.equal(foreign);
    expect(parseCursor(secret, { ...scope, sort: [...sort].reverse() }, cursor)).to.deep.equal(foreign);
    expect(parseCursor(secret, { ...scope, entity: { ...note, name: 'other' } }, cursor)).to.deep.equal(foreign);
  });

  it('is refused when any of its characters is changed, added or removed', () => {
    for (let at = 0; at < cursor.length; at += 1) {
      const changed = `${cursor.slice(0, at)}${cursor[at] === 'A' ? 'Q' : 'A'}${cursor.slice(at + 1)}`;
      expect(parseCursor(secret, scope, changed).kind, String(at)).to.equal('invalid');
    }
    for (const text of ['', 'A', '=', '%', `${cursor}AAAA`, cursor.slice(0, 20), 'A'.repeat(cursorLengthMax + 1)])
      expect(parseCursor(secret, scope, text).kind, text).to.equal('invalid');
  });

  it('is not made of keys that are too long for an address', () => {
    expect(writeCursor(secret, scope, ['x'.repeat(cursorLengthMax), 'a'])).to.equal(undefined);
  });
});
