import { expect } from 'chai';
import { readStart } from './read-start.ts';

describe('The beginning of an answer', () => {
  it('is all of a short one', async () => {
    expect(await readStart(new Response('süß'), 100)).to.equal('süß');
    expect(await readStart(new Response(null), 100)).to.equal('');
  });

  it('is not much more than wanted of one without an end', async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        sent += 1;
        controller.enqueue(new Uint8Array(1_000).fill(97));
      },
    });
    const text = await readStart(new Response(body), 5_000);
    expect(text.length).to.equal(5_000);
    expect(sent).to.be.below(10);
  });
});
