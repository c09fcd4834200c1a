import { expect } from 'chai';
import { describeText } from './ask-site.ts';

describe('A site that answers with something else', () => {
  it('is described by the words of its problem, which are the same each time', () => {
    const problemOf = (requestId: string) =>
      JSON.stringify({ type: '/problems/unauthorized', title: 'A key is needed', detail: 'Send a key', requestId });
    expect(describeText(problemOf('a-1'))).to.equal('A key is needed: Send a key');
    expect(describeText(problemOf('a-2'))).to.equal(describeText(problemOf('a-1')));
  });

  it('is no Muster if it has other words, which are shown in one line without control characters', () => {
    expect(describeText('<html>\n  <head>\u001b[2J\u202egone')).to.equal(
      'this is no answer of a Muster, so check the URL and any proxy before it: <html> <head> [2J gone',
    );
    for (const text of ['', '[]', 'null', `"${'x'.repeat(1_000)}"`])
      expect(describeText(text))
        .to.match(/no answer of a Muster/)
        .and.to.have.length.below(400);
  });
});
