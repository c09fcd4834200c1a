import { expect } from 'chai';
import { type Link, writeLinks } from './links.ts';

const links: readonly Link[] = [
  { relation: 'first', parameters: { 'page[size]': '5' } },
  { relation: 'prev', parameters: { 'page[before]': 'a' } },
  { relation: 'next', parameters: { 'page[after]': 'b' } },
];

describe('The links of a page', () => {
  it('keep the query, without its page', () => {
    expect(writeLinks('/api/user', { 'filter[name]': 'a b', sort: 'name', limit: '7' }, links.slice(2))).to.equal(
      '</api/user?filter%5Bname%5D=a%20b&sort=name&page%5Bafter%5D=b>; rel="next"',
    );
  });

  it('are only the next one where all would be too long for clients', () => {
    const query = { 'filter[name][in]': 'x'.repeat(5_000) };
    const written = writeLinks('/api/user', query, links);
    expect(written)
      .to.match(/rel="next"$/)
      .and.not.contain('rel="first"');
    expect(written.length).to.be.below(6_000);
    expect(writeLinks('/api/user', { sort: 'name' }, links).split(', ')).to.have.length(3);
  });
});
