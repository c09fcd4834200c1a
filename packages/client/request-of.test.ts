import { expect } from 'chai';
import { addressFrom, asksAfter } from './request-of.ts';

describe('The address of a request', () => {
  it('stays as it is where nothing else is asked for', () =>
    expect(addressFrom('/api/user?filter[group]=3&after=x#top', undefined)).to.equal(
      '/api/user?filter[group]=3&after=x#top',
    ));

  it('begins at the start, and keeps its other parameters as they are', () => {
    expect(addressFrom('http://a/api/events', 'start')).to.equal('http://a/api/events?from=start');
    expect(addressFrom('/api/events?types=A,B&after=x?y&from=start', 'start')).to.equal(
      '/api/events?types=A,B&from=start',
    );
    expect(addressFrom('/api/user?fromage=1#top', 'start')).to.equal('/api/user?fromage=1&from=start');
  });

  it('is known to name a position', () =>
    expect(['/e?after=x', '/e?types=A&after=x', '/e', '/after=x', '/e?hereafter=x'].map(asksAfter)).to.deep.equal([
      ...[true, true, false, false, false],
    ]));

  it('begins now', () => {
    expect(addressFrom('/api/events?from=start', 'now')).to.equal('/api/events');
    expect(addressFrom('/api/events?after=x&types=A', 'now')).to.equal('/api/events?types=A');
  });
});
