import { expect } from 'chai';
import { describeCause } from './describe-cause.ts';

describe('The cause of a failed fetch', () => {
  it('is what it was caused by', () =>
    expect(describeCause(new TypeError('fetch failed', { cause: new Error('no route') }))).to.equal('no route'));
  it('is the first one where each address of a name was tried', () => {
    const cause = new AggregateError([new Error('refused at ::1'), new Error('refused at 127.0.0.1')]);
    expect(describeCause(new TypeError('fetch failed', { cause }))).to.equal('refused at ::1');
  });
  it('is its own message without one, or the value that was thrown', () =>
    expect([describeCause(new Error('aborted')), describeCause('odd')]).to.deep.equal(['aborted', 'odd']));
});
