import type Router from '@koa/router';
import { type Fault, findIdFaults } from '@muster/model';
import type { StoredEvent } from '@muster/store';
import type { Context } from 'koa';
import { catchUp } from '../feed/catch-up.ts';
import type { Subscriber } from '../feed/feed.ts';
import { type Position, parsePosition, writeScanPosition } from '../feed/position.ts';
import { nextOf } from '../feed/ring.ts';
import { ensureFeed } from '../feed/run-feed.ts';
import { type FeedScope, scanLog } from '../feed/scan-log.ts';
import { addSubscriber, endSubscriber } from '../feed/subscribers.ts';
import { writeBegin } from '../feed/write-events.ts';
import type { Gateway } from '../gateway.ts';
import { identify } from '../keys.ts';
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
type Asked = { types: ReadonlySet<string> | undefined; from: Position | 'start' | 'now'; position: string };

/** GET /api/user/events?types=UserCreated&after=…: server-sent events, until the client or the gateway ends them. */
const subscribe = async (gateway: Gateway, ctx: Context, scope: FeedScope): Promise<void> => {
  const parsed = parseAsked(ctx, scope);
  if (parsed.kind === 'faults') return giveProblem(ctx, invalid(parsed.faults));
  const client = ctx.state.actor ? `key ${ctx.state.actor}` : `address ${ctx.ip}`;
  const refused = findNoPlace(gateway, client);
  if (refused) return giveProblem(ctx, refused);
  ensureFeed(gateway);
  if (!(await untilOpened(gateway))) return giveProblem(ctx, unavailable(`${cannot}: the database does not answer`));
  const subscriber = openSubscriber(gateway, ctx, scope, parsed.asked, client);
  addSubscriber(gateway.feed, subscriber);
  const begun = new Promise<Problem | undefined>((resolve) => {
    const begin = () => {
      sendHead(ctx);
      subscriber.hasBegun = true;
      writeBegin(subscriber);
      resolve(undefined);
    };
    void serve(gateway, subscriber, scope, parsed.asked.from, begin).then(
      (problem) => resolve(problem),
      (error) => {
        gateway.logger.warn({ err: error }, 'A subscription ended: the log cannot be read');
        if (subscriber.hasBegun) endSubscriber(subscriber, 'position-lost');
        resolve(unavailable(`${cannot}: ${error instanceof Error ? error.message : String(error)}`));
      },
    );
  });
  const problem = await begun;
  if (problem && !subscriber.hasBegun) giveProblem(ctx, problem); // it is removed when this answer is sent
};

const cannot = 'Cannot subscribe to events';

/** Serves a subscriber until it goes on in the ring. Returns a problem, unless it called `begin`. */
const serve = async (
  gateway: Gateway,
  subscriber: Subscriber,
  scope: FeedScope,
  from: Asked['from'],
  begin: () => void,
): Promise<Problem | undefined> => {
  const { feed } = gateway;
  if (from === 'now') {
    subscriber.number = nextOf(feed.ring);
    subscriber.position = feed.ring.latest ?? '';
    begin();
    return undefined;
  }
  if (!(await takePlace(feed.catchUps, catchUpWaitMs)))
    return unavailable(`${cannot}: as many subscriptions as may read the log at once are reading it already`);
  try {
    if (from !== 'start' && from.kind === 'place') return await goOn(gateway, subscriber, from.place, begin);
    const behind = from === 'start' ? feed.ring.latest : from.behind;
    if (behind === undefined) return unavailable(`${cannot} from the start: nothing has come from the log yet`);
    begin();
    const after = from === 'start' ? undefined : from.after;
    await scanLog(gateway, subscriber, scope, after, (key) => writeScanPosition(behind, key));
    const problem = await goOn(gateway, subscriber, behind, () => undefined);
    if (problem) endSubscriber(subscriber, 'position-lost');
    return undefined;
  } finally {
    leavePlace(feed.catchUps);
  }
};

const goOn = async (
  gateway: Gateway,
  subscriber: Subscriber,
  place: string,
  begin: () => void,
): Promise<Problem | undefined> => {
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
    ...{ response: ctx.res, client, hasBegun: false, number: undefined, position, sentAt: performance.now() },
    entities: new Map(gateway.entities.map((entity) => [entity.name, entity])),
    wants: ({ entity, entityId, type }: StoredEvent) =>
      names.has(entity) && (id === undefined || entityId === id) && (types === undefined || types.has(type)),
    isAllowed: () => identify(gateway.keys, authorization, 'read').kind === 'actor',
    onEnd: (reason) => gateway.metrics.liveEnded.inc({ reason }),
    ...{ stuckSince: undefined, over: new AbortController() },
  };
};

const sendHead = (ctx: Context) => {
  ctx.respond = false; // from here on the subscription writes
  ctx.status = 200;
  ctx.set('Content-Type', 'text/event-stream; charset=utf-8');
  ctx.set('Cache-Control', 'no-store');
  ctx.set('X-Accel-Buffering', 'no'); // proxies must not collect events
  ctx.set('Connection', 'close'); // a subscription that ends must not leave a connection open
  ctx.res.flushHeaders();
};

const untilOpened = async ({ feed }: Gateway): Promise<boolean> => {
  for (const untilMs = performance.now() + openedWithinMs; performance.now() < untilMs; ) {
    if (feed.isOpened) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return feed.isOpened;
};

const findNoPlace = ({ feed, settings, standing }: Gateway, client: string): Problem | undefined => {
  if (standing.stopping) return unavailable(`${cannot}: the gateway is stopping`);
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
  const given = after ?? (ctx.get('Last-Event-ID') || undefined); // a browser sends the header when it reconnects
  const position = typeof given === 'string' ? parsePosition(given) : undefined;
  if (from !== undefined && from !== 'start') fault('from', '"from" can only be "start"; leave it out for new events');
  if (given !== undefined && !position) fault('after', 'this is no position; take it from the id of a message');
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
    from: position ?? (from === 'start' ? 'start' : 'now'),
    position: position ? String(given) : '',
  };
  return { kind: 'asked', asked };
};
