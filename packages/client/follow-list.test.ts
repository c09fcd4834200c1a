import { type Answer, type FeedServer, openFeedServer, sendMessages, until } from '@muster/testing';
import { expect } from 'chai';
import { type Status, type SubscribeOptions, type Subscription, subscribe } from './index.ts';

type Item = { id: string; n?: number };

const message = (event: string, data: unknown) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
const list = (ids: string, asOf?: string) => message('list', { items: itemsOf(ids), asOf });
const itemsOf = (ids: string): Item[] => [...ids].map((id) => ({ id }));
const bookmark = (asOf?: string) => message('bookmark', { time: 't', asOf });

describe('A subscription to a list', function () {
  this.timeout(20_000);
  let server: FeedServer | undefined;
  let subscription: Subscription | undefined;
  const shown: (readonly Item[])[] = [];
  const told: { asOf: (string | undefined)[]; statuses: Status[]; changes: string[] } = {
    ...{ asOf: [], statuses: [], changes: [] },
  };

  const follow = async (answer: Answer, options: SubscribeOptions<Item> = {}) => {
    server = await openFeedServer(answer);
    const { url } = server;
    subscription = subscribe<Item>(url, {
      maxPauseMs: 20,
      onList: (items, { asOf }) => {
        shown.push(items);
        told.asOf.push(asOf);
      },
      onStatus: (status) => told.statuses.push(status),
      ...options,
    });
    subscription.done.catch(() => undefined);
  };
  const idsShown = () => shown.map((items) => items.map(({ id }) => id).join(''));
  const untilShown = (ids: string) => until(`the list is ${ids}`, () => idsShown().at(-1) === ids);

  afterEach(async () => {
    subscription?.close();
    await subscription?.done.catch(() => undefined);
    await server?.[Symbol.asyncDispose]();
    for (const known of [shown, ...Object.values(told)]) known.splice(0);
  });

  it('shows the list, and then the whole list after each group of changes', async () => {
    await follow((response) => {
      sendMessages(response, list('abc'), bookmark());
      sendMessages(response, message('added', { at: 3, item: { id: 'd' } }), message('removed', { at: 0, id: 'a' }));
      sendMessages(response, bookmark(), bookmark());
      sendMessages(response, message('moved', { from: 2, to: 0, item: { id: 'd', n: 2 } }), bookmark());
      sendMessages(response, message('changed', { at: 1, item: { id: 'b', n: 3 } }), bookmark());
      sendMessages(response, message('moved', { from: 0, to: 2, item: { id: 'd', n: 2 } })); // not whole yet
    });
    await until('four lists came', () => shown.length === 4);
    expect(idsShown()).to.deep.equal(['abc', 'bcd', 'dbc', 'dbc']);
    expect(shown[3]).to.deep.equal([{ id: 'd', n: 2 }, { id: 'b', n: 3 }, { id: 'c' }]);
    expect(shown[0]).to.deep.equal(itemsOf('abc')); // it is another array
    expect(shown.every(Object.isFrozen)).to.equal(true);
  });

  it('tells as of when a list is, while it is not current', async () => {
    await follow((response) => {
      sendMessages(response, list('a', 'ten'), bookmark('ten'), message('added', { at: 0, item: { id: 'b' } }));
      sendMessages(response, bookmark('eleven'), bookmark(), bookmark());
    });
    await until('it is current', () => shown.length >= 3);
    expect([idsShown(), told.asOf]).to.deep.equal([
      ['a', 'ba', 'ba'],
      ['ten', 'eleven', undefined],
    ]);
  });

  it('begins anew with the list of a new connection, and forgets changes that were not whole', async () => {
    await follow((response, number) => {
      sendMessages(response, 'retry: 5\n\n');
      if (number > 0) return sendMessages(response, list('xy'), message('removed', { at: 0, id: 'x' }), bookmark());
      sendMessages(response, list('ab'), message('added', { at: 0, item: { id: 'c' } }));
      response.end();
    });
    await untilShown('y');
    expect(idsShown()).to.deep.equal(['ab', 'xy', 'y']);
  });

  it('connects again when a change does not fit', async () => {
    const unfit = [
      message('added', { at: 5, item: { id: 'c' } }),
      message('removed', { at: 0, id: 'b' }),
      message('list', { items: 'none' }),
    ];
    await follow((response, number) => {
      sendMessages(
        response,
        'retry: 5\n\n',
        list('ab'),
        unfit[number] ?? message('removed', { at: 0, id: 'a' }),
        bookmark(),
      );
    });
    await untilShown('b');
    expect(idsShown()).to.deep.equal(['ab', 'ab', 'ab', 'ab', 'b']);
    const reasons = told.statuses.flatMap((status) => (status.kind === 'stale' ? [status.reason] : []));
    expect(reasons.map((reason) => reason.split(':')[0])).to.deep.equal([
      'a change "added" does not fit the list',
      'a change "removed" does not fit the list',
      'a change "list" does not fit the list',
    ]);
  });

  it('gives single changes to those who want them, one at a time', async () => {
    const working = { now: 0, most: 0 };
    await follow(
      (response) =>
        sendMessages(
          response,
          list('a'),
          message('added', { at: 1, item: { id: 'b' } }),
          bookmark(),
          message('new', {}),
        ),
      {
        onChange: async (kind, change) => {
          working.now += 1;
          working.most = Math.max(working.most, working.now);
          await new Promise(setImmediate);
          told.changes.push(`${kind} ${JSON.stringify(change)}`);
          working.now -= 1;
        },
      },
    );
    await untilShown('ab');
    expect(told.changes).to.deep.equal(['list {"items":[{"id":"a"}]}', 'added {"at":1,"item":{"id":"b"}}']);
    expect(working.most).to.equal(1);
  });

  it('needs no handler', async () => {
    await follow((response) => sendMessages(response, list('a'), bookmark(), 'id: p3\nevent: bookmark\ndata: {}\n\n'), {
      onList: undefined,
    });
    await until('the position has moved', () => subscription?.position === 'p3');
    expect(shown).to.deep.equal([]);
  });

  it('ends with what the handler of the list throws', async () => {
    await follow((response) => sendMessages(response, list('a')), {
      onList: () => Promise.reject(new Error('no room')),
    });
    const error = await subscription?.done.catch((thrown) => thrown);
    expect(error).to.have.property('message', 'no room');
  });
});
