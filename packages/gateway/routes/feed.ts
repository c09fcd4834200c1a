import type Router from '@koa/router';
import { type Fault, findIdFaults } from '@muster/model';
import { pause } from '@muster/runtime';
import type { StoredEvent } from '@muster/store';
import type { Context } from 'koa';
import { catchUp, goOnInRing } from '../feed/catch-up.ts';
import type { Subscriber } from '../feed/feed.ts';
import { type Position, parsePosition, writePosition, writeScanPosition } from '../feed/position.ts';
import { nextOf } from '../feed/ring.ts';
import { ensureFeed } from '../feed/run-feed.ts';
import { type FeedScope, scanLog } from '../feed/scan-log.ts';
import { addSubscriber, endSubscriber, pump, removeSubscriber } from '../feed/subscribers.ts';
import { writeBegin } from '../feed/write-events.ts';
import type { Gateway } from '../gateway.ts';
import { openAllowance } from '../keys.ts';
import { giveProblem } from '../on-koa.ts';
import { findUnknown } from '../parse-past.ts';
import { leavePlace, takePlace } from '../places.ts';
import { invalid, type Problem, unavailable } from '../problem.ts';

const openedWithinMs = 5_000;
const catchUpWaitMs = 30_000;

/** Adds the routes of the feed: of all entities, of one, and of one thing. */
export const addFeedRoutes = (router: Router, gateway: Gateway): void => {
  const { entities } = gateway;
  router.get('/api/events', (ctx: Context) => subscribe(gateway, ctx, { entities, id: undefined }));
  for (const entity of entities) {
    router.get(`${entity.path}/events`, (ctx: Context) =>
      subscribe(gateway, ctx, { entities: [entity], id: undefined }),
    );
    router.get(`${entity.path}/:id/events`, (ctx: Context) =>
      subscribe(gateway, ctx, { entities: [entity], id: ctx.params.id }),
    );
  }
};

/** What a client asks for: behind a position, from the start of the log, or from now on. */
type Asked = {
  types: ReadonlySet<string> | undefined;
  from: Position | 'start' | 'now';
  position: string;
  mark: string;
};

/** GET /api/user/events?types=UserCreated&after=…: server-sent events, until the client or the gateway ends them. */
const subscribe = async (gateway: Gateway, ctx: Context, scope: FeedScope): Promise<void> => {
  const parsed = parseAsked(ctx, scope);
  if (parsed.kind === 'faults') return giveProblem(ctx, invalid(parsed.faults));
  if (ctx.method === 'HEAD') return answerHead(ctx);
  const { asked } = parsed;
  const client = ctx.state.actor ? `key ${ctx.state.actor}` : `address ${ctx.ip}`;
  const refused = findNoPlace(gateway, ctx, client);
  if (refused) return refuse(gateway, ctx, refused);
  ensureFeed(gateway);
  const { feed } = gateway;
  if (asked.mark !== '' && asked.mark !== feed.mark) return giveProblem(ctx, tooOld); // of a log that was replaced
  const subscriber = openSubscriber(gateway, ctx, scope, asked, client);
  addSubscriber(feed, subscriber); // before anything is awaited: the connection may close meanwhile
  const problem = await new Promise<Problem | undefined>((resolve) => {
    const begin = () => {
      sendHead(ctx);
      subscriber.hasBegun = true;
      writeBegin(subscriber);
      resolve(undefined);
    };
    subscriber.over.signal.addEventListener('abort', () => resolve(unavailable(`${cannot}: the subscription ended`)));
    serve(gateway, subscriber, scope, asked.from, begin).then(resolve, (error) => {
      gateway.logger.warn({ err: error }, 'A subscription ended: the log cannot be read');
      endSubscriber(feed, subscriber, 'unavailable');
    });
  });
  if (subscriber.hasBegun) return;
  removeSubscriber(feed, subscriber);
  if (problem) refuse(gateway, ctx, problem);
};

const cannot = 'Cannot subscribe to events';

const refuse = ({ metrics }: Gateway, ctx: Context, problem: Problem): void => {
  if (problem.name === 'unavailable' || problem.name === 'too-many-requests') metrics.refused.inc({ reason: 'live' });
  giveProblem(ctx, problem);
};

/** Serves a subscriber until it goes on in the ring. Returns a problem, unless it called `begin`. */
const serve = async (
  gateway: Gateway,
  subscriber: Subscriber,
  scope: FeedScope,
  from: Asked['from'],
  begin: () => void,
): Promise<Problem | undefined> => {
  const { feed } = gateway;
  const { signal } = subscriber.over;
  if (!(await untilOpened(gateway, signal))) return unavailable(`${cannot}: the database does not answer`);
  if (from === 'now') {
    subscriber.number = nextOf(feed.ring);
    subscriber.position = feed.ring.latest === undefined ? '' : writePosition(feed.mark, feed.ring.latest);
    return void begin();
  }
  if (from !== 'start' && from.kind === 'place' && goOnInRing(feed, subscriber, from.place)) {
    begin();
    return void pump(feed, subscriber);
  }
  if (!(await takePlace(feed.catchUps, catchUpWaitMs, signal)))
    return unavailable(`${cannot}: as many subscriptions as may read the log at once are reading it already`);
  try {
    if (from !== 'start' && from.kind === 'place') return await goOn(gateway, subscriber, from.place, begin);
    const behind = from === 'start' ? feed.ring.latest : from.behind;
    if (behind === undefined) return unavailable(`${cannot} from the start: the database gave no position yet`);
    begin();
    const after = from === 'start' ? undefined : from.after;
    await scanLog(gateway, subscriber, scope, after, (key) => writeScanPosition(subscriber.mark, behind, key));
    const problem = await goOn(gateway, subscriber, behind, () => undefined);
    if (problem) endSubscriber(feed, subscriber, problem === tooOld ? 'position-lost' : 'unavailable');
    return undefined;
  } finally {
    leavePlace(feed.catchUps);
  }
};

/** Goes on behind a place: in the ring, or by a catch-up. */
const goOn = async (
  gateway: Gateway,
  subscriber: Subscriber,
  place: string,
  begin: () => void,
): Promise<Problem | undefined> => {
  if (goOnInRing(gateway.feed, subscriber, place)) {
    begin();
    return void pump(gateway.feed, subscriber);
  }
  switch (await catchUp(gateway, subscriber, place, begin)) {
    case 'begun':
      return undefined;
    case 'lost':
      return tooOld;
    case 'unavailable':
      return unavailable(`${cannot}: the database does not answer`);
  }
};

const tooOld: Problem = {
  name: 'position-too-old',
  detail:
    'The database no longer has this position, or never had it; begin again with from=start, which repeats events ' +
    'that you know, or read what you follow and subscribe without a position',
};

const openSubscriber = (
  gateway: Gateway,
  ctx: Context,
  { entities, id }: FeedScope,
  { types, position }: Asked,
  client: string,
): Subscriber => {
  const names = new Set(entities.map(({ name }) => name));
  const authorization = ctx.get('Authorization');
  return {
    ...{ response: ctx.res, client, hasBegun: false, number: undefined, sentAt: performance.now() },
    ...{ mark: gateway.feed.mark, position },
    entities: new Map(gateway.entities.map((entity) => [entity.name, entity])),
    wants: ({ entity, entityId, type }: StoredEvent) =>
      names.has(entity) && (id === undefined || entityId === id) && (types === undefined || types.has(type)),
    isAllowed: openAllowance(gateway.keys, authorization),
    onEnd: (reason) => gateway.metrics.liveEnded.inc({ reason }),
    ...{ stuckSince: undefined, over: new AbortController() },
  };
};

const contentType = 'text/event-stream; charset=utf-8';

const sendHead = (ctx: Context) => {
  ctx.respond = false; // from here on the subscription writes
  ctx.status = 200;
  ctx.set('Content-Type', contentType);
  ctx.set('Cache-Control', 'no-store, no-transform'); // compression would collect events
  ctx.set('X-Accel-Buffering', 'no'); // and so would a proxy
  ctx.set('Connection', 'close'); // a subscription that ends must not leave a connection open
  ctx.res.flushHeaders();
};

const answerHead = (ctx: Context) => {
  ctx.status = 200;
  ctx.set('Content-Type', contentType);
  ctx.set('Cache-Control', 'no-store, no-transform');
  ctx.body = '';
};

const untilOpened = async ({ feed }: Gateway, signal: AbortSignal): Promise<boolean> => {
  for (const untilMs = performance.now() + openedWithinMs; performance.now() < untilMs && !signal.aborted; ) {
    if (feed.isOpened) return true;
    await pause(openedEveryMs, signal);
  }
  return feed.isOpened && !signal.aborted;
};

const openedEveryMs = 20;

const findNoPlace = ({ feed, settings, standing }: Gateway, ctx: Context, client: string): Problem | undefined => {
  if (standing.stopping) return unavailable(`${cannot}: the gateway is stopping`);
  // it would wait for the end of an earlier answer, and nobody would hear that its connection closes
  if (!ctx.res.socket) return unavailable(`${cannot}: an earlier request of this connection has no answer yet`);
  if (feed.subscribers.size >= settings.LIVE_CONNECTIONS_MAX)
    return unavailable(`${cannot}: ${settings.LIVE_CONNECTIONS_MAX} clients are subscribed, the most at a gateway`);
  if ((feed.perClient.get(client) ?? 0) < settings.LIVE_CLIENT_MAX) return undefined;
  return {
    name: 'too-many-requests',
    detail: `A client may have ${settings.LIVE_CLIENT_MAX} subscriptions at once; close one first`,
  };
};

const parseAsked = (
  ctx: Context,
  { entities, id }: FeedScope,
): { kind: 'asked'; asked: Asked } | { kind: 'faults'; faults: Fault[] } => {
  const { types, from, after } = ctx.query;
  const faults = [...findUnknown(ctx.query, ['types', 'from', 'after']), ...(id === undefined ? [] : findIdFaults(id))];
  const fault = (name: string, detail: string) =>
    faults.push({ pointer: `/${name}`, code: 'invalid-parameter', detail });
  // a browser keeps the address when it reconnects, and sends the header with what it has got since
  const given = ctx.get('Last-Event-ID') || after;
  const found = typeof given === 'string' ? parsePosition(given) : undefined;
  if (from !== undefined && from !== 'start') fault('from', '"from" can only be "start"; leave it out for new events');
  if (given !== undefined && !found) fault('after', 'this is no position; take it from the id of a message');
  if (after !== undefined && from !== undefined) fault('from', '"from" cannot be used with "after"');
  const known = entities.flatMap((entity) => [...entity.events.keys()]);
  const wanted = typeof types === 'string' ? types.split(',') : undefined;
  const unknown = wanted?.find((type) => !known.includes(type));
  if (types !== undefined && !wanted) fault('types', '"types" is given more than once; separate types by commas');
  if (unknown !== undefined)
    fault('types', `${JSON.stringify(unknown.slice(0, 80))} is no type of event here; there are ${known.join(', ')}`);
  if (faults.length > 0) return { kind: 'faults', faults };
  const asked: Asked = {
    types: wanted && new Set(wanted),
    from: found?.position ?? (from === 'start' ? 'start' : 'now'),
    position: found ? String(given) : '',
    mark: found?.mark ?? '',
  };
  return { kind: 'asked', asked };
};
