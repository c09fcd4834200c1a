import type { ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { note, storedNote } from '@muster/testing';
import { expect } from 'chai';
import { type EndReason, type FollowsEvents, openFeed, type Subscriber } from './feed.ts';
import { blockOf } from './message.ts';
import { openAnswerOutlet } from './outlet.ts';
import { type Entry, nextOf, pushChanges } from './ring.ts';
import { addSubscriber, goOnAfterDrain, pumpNew, removeSubscriber, tendAll } from './subscribers.ts';

const limits = { eventsMax: 100, bytesMax: 10_000_000 };

const openPart = (more: Partial<Subscriber> = {}, wanted: Partial<FollowsEvents> = {}) => {
  const stream = new PassThrough({ highWaterMark: 2_000 });
  const reasons: EndReason[] = [];
  const follows: FollowsEvents = {
    ...{ kind: 'events', entities: new Map([[note.name, note]]), wants: () => true, chosen: undefined },
    ...{
      number: 0,
      mark: 'log',
      witness: undefined,
      thing: undefined,
      sharing: undefined,
      isBehind: false,
      isUntilNow: false,
      ...wanted,
    },
  };
  const subscriber: Subscriber = {
    ...{ outlet: openAnswerOutlet(stream as unknown as ServerResponse), client: 'address 1' },
    ...{ isAllowed: () => true, hasBegun: true, position: '', sentAt: 0, stuckSince: undefined, onDrained: undefined },
    ...{ onEnd: (reason: EndReason) => void reasons.push(reason), isOver: false, over: new AbortController(), follows },
    ...more,
  };
  const feed = openFeed([note], 1);
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
    pumpNew(feed, 0);
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

  it('is ended if it cannot be found out what an event did, which is tried again for the next one', () => {
    const asked: unknown[] = [];
    const chosen = {
      needs: 'after',
      shows: 'full',
      isMet: () => true,
      prepare: (entry: Entry) => asked.push(entry) < 0,
    };
    const { feed, reasons } = openPart({}, { chosen: chosen as FollowsEvents['chosen'] });
    pushChanges(feed.ring, [changeOf(1)], limits);
    const [entry] = feed.ring.entries;
    if (!entry) throw new Error('The ring lacks the event');
    entry.change = 'lost';
    pumpNew(feed, 0);
    expect(reasons).to.deep.equal(['unavailable']);
    const next = openPart({}, { chosen: chosen as FollowsEvents['chosen'] });
    addSubscriber(feed, next.subscriber);
    pumpNew(feed, 0);
    expect([asked, next.reasons]).to.deep.equal([[entry], []]);
  });

  it('of one thing gets its events only, however many others came since, and a bookmark up to date', async () => {
    const wants: FollowsEvents['wants'] = ({ entityId }) => entityId === 'b';
    const { feed, follows, read, subscriber } = openPart({}, { thing: 'note:b', wants });
    const take = (...changes: { place: string; event: ReturnType<typeof storedNote> }[]) => {
      const from = nextOf(feed.ring);
      pushChanges(feed.ring, changes, limits);
      pumpNew(feed, from);
    };
    const own = (version: number) => ({ place: `b${version}`, event: { ...changeOf(version).event, entityId: 'b' } });
    for (let n = 1; n <= 300; n += 1) take(changeOf(n)); // the ring has the newest hundred
    expect(read()).to.equal('');
    take(changeOf(301), own(1), changeOf(302), own(2));
    take(changeOf(303));
    take(own(3));
    expect(read().match(/^id: .*$/gm)).to.deep.equal(['id: log.b1', 'id: log.b2', 'id: log.b3']);
    for (let n = 304; n <= 600; n += 1) take(changeOf(n));
    goOnAfterDrain(feed, subscriber); // it is up to date, though its number is not in the ring any more
    expect(read()).to.equal('');
    tendAll(feed, performance.now() + 15_001);
    expect(read()).to.match(/^id: log\.abc600\nevent: bookmark/);
    expect(follows.isBehind).to.equal(false);
  });

  it('of one thing gets what its connection did not take, and is ended if the ring goes past that', async () => {
    const wants: FollowsEvents['wants'] = ({ entityId }) => entityId === 'a';
    for (const isLate of [false, true]) {
      const { feed, reasons, read, stream } = openPart({}, { thing: 'note:a', wants });
      const take = (count: number, id: string) => {
        for (let n = 0; n < count; n += 1) {
          const from = nextOf(feed.ring);
          const event = { ...changeOf(nextOf(feed.ring) + 1).event, entityId: id };
          pushChanges(feed.ring, [{ place: `abc${event.version}`, event }], limits);
          pumpNew(feed, from);
        }
      };
      take(50, 'a');
      take(isLate ? 200 : 20, 'b');
      let text = '';
      for (let tries = 0; tries < 50 && !text.includes('abc50') && reasons.length === 0; tries += 1) {
        text += read();
        if (stream.writableNeedDrain) await new Promise((resolve) => stream.once('drain', resolve));
      }
      expect(reasons).to.deep.equal(isLate ? ['too-slow'] : []);
      if (!isLate) expect(text.split('id: log.abc').length - 1).to.equal(50);
    }
  });

  it('gets several events in one piece, which those share that want the same', () => {
    const changes = Array.from({ length: 6 }, (_, n) => changeOf(n + 1));
    const written: Record<string, Buffer[]> = {};
    const open = (name: string, sharing: string | undefined, most: number) => {
      const part = openPart({}, { sharing, wants: ({ version }) => version <= most });
      const bytes: Buffer[] = [];
      written[name] = bytes;
      part.subscriber.outlet.write = (message) => void bytes.push(blockOf(message));
      part.subscriber.outlet.writeBlocks = (blocks) => void bytes.push(blocks);
      return part.subscriber;
    };
    const feed = openFeed([note], 1);
    const all = [open('one', 'all', 9), open('other', 'all', 9), open('few', 'few', 2), open('alone', undefined, 9)];
    for (const subscriber of all) addSubscriber(feed, subscriber);
    pushChanges(feed.ring, changes, limits);
    pumpNew(feed, 0);
    const { one = [], other = [], few = [], alone = [] } = written;
    expect([one.length, alone.length]).to.deep.equal([1, 6]);
    expect(one[0]).to.equal(other[0]); // the same bytes in memory
    expect(String(one[0])).to.equal(String(Buffer.concat(alone)));
    expect(String(few[0]).match(/^id: .*$/gm)).to.deep.equal(['id: log.abc1', 'id: log.abc2']);
    pushChanges(feed.ring, [changeOf(7), changeOf(8)], limits);
    pumpNew(feed, 6);
    expect(String(one[1]).match(/^id: .*$/gm)).to.deep.equal(['id: log.abc7', 'id: log.abc8']);
    expect(all.map(({ position }) => position)).to.deep.equal(['log.abc8', 'log.abc8', 'log.abc2', 'log.abc8']);
    expect(feed.batches.size).to.equal(0);
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
