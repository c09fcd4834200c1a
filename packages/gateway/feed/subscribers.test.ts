import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { note, storedNote } from '@muster/testing';
import { expect } from 'chai';
import { type EndReason, type FollowsEvents, openFeed, type Subscriber } from './feed.ts';
import { openAnswerOutlet } from './outlet.ts';
import { pushChanges } from './ring.ts';
import { addSubscriber, goOnAfterDrain, pumpAll, removeSubscriber, tendAll } from './subscribers.ts';

const limits = { eventsMax: 100, bytesMax: 10_000_000 };

const openPart = (more: Partial<Subscriber> = {}) => {
  const stream = new PassThrough({ highWaterMark: 2_000 });
  const reasons: EndReason[] = [];
  const follows: FollowsEvents = {
    ...{ kind: 'events', entities: new Map([[note.name, note]]), wants: () => true, chosen: undefined },
    ...{ number: 0, mark: 'log' },
  };
  const subscriber: Subscriber = {
    ...{ outlet: openAnswerOutlet(stream as unknown as ServerResponse, () => undefined), client: 'address 1' },
    ...{ isAllowed: () => true, hasBegun: true, position: '', sentAt: 0, stuckSince: undefined, onDrained: undefined },
    ...{ onEnd: (reason: EndReason) => void reasons.push(reason), over: new AbortController(), follows, ...more },
  };
  const feed = openFeed(1);
  addSubscriber(feed, subscriber);
  stream.on('drain', () => goOnAfterDrain(feed, subscriber));
  const read = () => String(stream.read() ?? '');
  return { feed, subscriber, follows, reasons, read, stream };
};

const changeOf = (version: number) => ({
  place: `abc${version}`,
  event: storedNote({ type: 'NoteUpdated', version, data: { stars: 1 } }, { entityId: 'a', partition: 0 }),
});

describe('A subscriber of the feed', () => {
  it('gets a bookmark with the newest place after 15 s without an event', () => {
    const { feed, read } = openPart();
    pushChanges(feed.ring, [{ place: 'abc', event: undefined }], limits);
    tendAll(feed, 14_999);
    expect(read()).to.equal('');
    tendAll(feed, 15_001);
    expect(read()).to.match(/^id: log\.abc\nevent: bookmark\ndata: \{"time":"2/);
  });

  it('gets no more than its connection takes, and the rest when it reads on', async () => {
    const { feed, follows, read, subscriber, stream } = openPart();
    pushChanges(
      feed.ring,
      Array.from({ length: 50 }, (_, n) => changeOf(n + 1)),
      limits,
    );
    pumpAll(feed);
    const sent = follows.number ?? 0;
    expect(sent).to.be.within(1, 30);
    expect(subscriber.stuckSince).to.not.equal(undefined);
    let text = '';
    while (follows.number !== 50) {
      text += read();
      await new Promise((resolve) => stream.once('drain', resolve));
    }
    text += read();
    expect(text.split('id: log.abc').length - 1).to.equal(50);
    expect(subscriber.position).to.equal('log.abc50');
  });

  it('is ended when it does not read for 30 s, or when its key no longer counts', () => {
    const stuck = openPart({ stuckSince: 1 });
    tendAll(stuck.feed, 30_002);
    expect(stuck.reasons).to.deep.equal(['too-slow']);
    const refused = openPart({ isAllowed: () => false });
    tendAll(refused.feed, 2);
    expect(refused.reasons).to.deep.equal(['key-refused']);
    expect(refused.read()).to.contain('event: end\ndata: {"reason":"key-refused"');
  });

  it('counts for its client until it is removed, once', () => {
    const { feed, subscriber } = openPart();
    expect([feed.subscribers.size, feed.perClient.get('address 1')]).to.deep.equal([1, 1]);
    removeSubscriber(feed, subscriber);
    removeSubscriber(feed, subscriber);
    expect([feed.subscribers.size, feed.perClient.size]).to.deep.equal([0, 0]);
  });
});
