import { openLog } from '@muster/store';
import { eventually, note, storedNote } from '@muster/testing';
import { expect } from 'chai';
import type { Subscriber } from '../feed/feed.ts';
import type { Message } from '../feed/message.ts';
import { pushChanges, resetRing } from '../feed/ring.ts';
import { endAll, removeSubscriber } from '../feed/subscribers.ts';
import { openTestGateway } from '../test-gateway.ts';
import type { Source, SourceRead } from './source.ts';
import { subscribeToList } from './subscribe-to-list.ts';
import { wakeLists } from './wake-lists.ts';

const limits = { eventsMax: 100, bytesMax: 1_000_000 };
const listOf = (...names: string[]): SourceRead => ({
  ...{ kind: 'shown', more: false, total: undefined, about: { asOf: undefined } },
  rows: names.map((name) => ({ name: `"${name}"`, json: `"${name}"`, keys: [name] })),
});

describe('Subscribers of a live list', () => {
  const log = openLog({ uri: 'mongodb://127.0.0.1:1', database: 'none', appName: 'test' }); // connects to nothing
  after(() => log[Symbol.asyncDispose]());

  /** A feed that is open. Its events are those of the test, and so is the list. */
  const openPart = (read: () => Promise<SourceRead>, more: Partial<Source> = {}) => {
    const gateway = openTestGateway(log, [note]);
    const { feed } = gateway;
    const start = () => Object.assign(feed, { running: new AbortController(), isOpened: true });
    start();
    const source: Source = {
      ...{ key: 'list', entity: note, id: undefined, rowName: 'id', needs: 'after', read, mayChange: () => true },
      ...more,
    };
    const opened: Subscriber[] = [];
    const subscribe = async () => {
      const messages: string[] = [];
      const outlet = {
        writeBlocks: undefined,
        write: ({ event, data }: Message) => void messages.push(`${event} ${data}`),
        isFull: () => false,
        together: (work: () => void) => work(),
        end: () => undefined,
      };
      const onOpen = (subscriber: Subscriber) => void opened.push(subscriber);
      const asking = {
        query: {},
        lastEventId: '',
        client: 'address 1',
        isAllowed: () => true,
        isSite: () => true,
        begin: () => undefined,
        outlet,
        onOpen,
      };
      const problem = await subscribeToList(gateway, source, asking);
      return { messages, problem };
    };
    const halt = () => {
      const { running } = feed;
      endAll(feed, 'unavailable');
      resetRing(feed.ring);
      running?.abort();
      start();
    };
    const close = async () => {
      for (const subscriber of opened) removeSubscriber(feed, subscriber);
      await eventually(
        async () => feed.lists.size,
        (size) => size === 0,
      );
      feed.running?.abort();
      expect([feed.subscribers.size, feed.perClient.size]).to.deep.equal([0, 0]);
    };
    let version = 0;
    const happen = () => {
      version += 1;
      const event = storedNote({ type: 'NoteUpdated', version, data: { stars: 1 } }, { entityId: 'a', partition: 0 });
      pushChanges(feed.ring, [{ place: `abc${version}`, event }], limits);
      wakeLists(feed);
    };
    return { close, feed, halt, happen, subscribe };
  };

  const untilSaid = (messages: readonly string[], text: string) =>
    eventually(
      async () => messages.join('\n'),
      (said) => said.includes(text),
    );

  it('do not join a list whose first read began before the feed was halted', async () => {
    const reads: ((read: SourceRead) => void)[] = [];
    const part = openPart(() => new Promise((resolve) => reads.push(resolve)));
    const first = part.subscribe();
    await eventually(
      async () => reads.length,
      (length) => length === 1,
    );
    part.halt();
    expect((await first).problem?.name).to.equal('unavailable');
    const second = part.subscribe();
    await new Promise(setImmediate); // it has joined what it will join
    reads[0]?.(listOf('old'));
    await eventually(
      async () => reads.length,
      (length) => length === 2,
    );
    reads[1]?.(listOf('new'));
    expect((await second).messages).to.deep.equal(['list {"items":["new"]}']);
    part.happen();
    await eventually(
      async () => reads.length,
      (length) => length === 3,
    );
    reads[2]?.(listOf('newer'));
    await untilSaid((await second).messages, 'newer');
    await part.close();
  });

  it('open a list anew after its first read threw', async () => {
    let reads = 0;
    const part = openPart(async () => {
      reads += 1;
      if (reads === 1) throw new Error('it cannot be shown');
      return listOf('a');
    });
    expect((await part.subscribe()).problem?.name).to.equal('unavailable');
    expect((await part.subscribe()).messages).to.deep.equal(['list {"items":["a"]}']);
    await part.close();
  });

  it('are ended when their list can no longer be followed', async () => {
    const fail = () => {
      throw new Error('it cannot be judged');
    };
    const part = openPart(async () => listOf('a'), { mayChange: fail });
    const { messages } = await part.subscribe();
    part.happen();
    await untilSaid(messages, 'end {"reason":"unavailable"');
    await part.close();
  });
});
