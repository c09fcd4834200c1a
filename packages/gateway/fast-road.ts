import type { IncomingMessage, ServerResponse } from 'node:http';
import { type CommandType, type Entity, isId } from '@muster/model';
import { expectAppend } from '@muster/store';
import { type Exchange, openExchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { identify, isTokenNew } from './keys.ts';
import { noteAnswer } from './note-answer.ts';
import { type Head, parseHead } from './parse-head.ts';
import { parseJson } from './parse-json.ts';
import { parseTrace } from './parse-trace.ts';
import type { PlainRequest } from './plain-request.ts';
import { answerProblem } from './problem.ts';
import { problemOfThrown } from './problem-of-thrown.ts';
import { bodyBytesMax, cutShort, invalidBody } from './read-body.ts';
import { requestIdOf } from './request-ids.ts';
import { beginWork, endWork, enter, findNoPlace, leave, type RequestKind } from './requests.ts';
import { create } from './routes/create.ts';
import { remove } from './routes/delete.ts';
import { read } from './routes/read.ts';
import { update } from './routes/update.ts';
import { sendAnswer } from './send-answer.ts';

// The common requests do not pass through Koa, which costs more than all else that a read needs. This file takes only
// requests whose method, address and headers it knows entirely. They run the same routes as through Koa. All other
// requests, and those that need a special answer, are left to Koa.

/** The entities by their addresses. */
export type FastRoad = readonly FastEntity[];

type FastEntity = { entity: Entity; path: string; update: CommandType | undefined; remove: CommandType | undefined };

export const openFastRoad = (entities: readonly Entity[]): FastRoad =>
  entities
    .filter(({ http }) => http.format === 'json') // every other format is a translation
    .map((entity) => ({
      entity,
      path: entity.path,
      update: entity.isRecord ? entity.commands.get('update') : undefined,
      remove: entity.deleting,
    }));

/** Runs a route on an exchange. Calls `done` once, or `fail` with what it throws. */
type Route = (exchange: Exchange, done: () => void, fail: (error: unknown) => void) => void;

/** How a client gets its answer. `send` throws if a header is none that HTTP allows; `cut` ends the connection. */
export type Client = { send: (exchange: Exchange) => void; cut: () => void };

/** A request on the fast road. */
type Fast = {
  gateway: Gateway;
  client: Client;
  method: string;
  url: string;
  head: Head;
  requestId: string;
  actor: string;
  kind: RequestKind;
  startedAt: number;
};

/**
 * Takes a request of Node's HTTP server if it is a plain one. Returns false, and has done nothing, if it is for Koa.
 */
export const takeRequest = (gateway: Gateway, road: FastRoad, req: IncomingMessage, res: ServerResponse): boolean => {
  if (gateway.standing.stopping || req.httpVersionMinor !== 1) return false; // these connections will be closed
  const { method = '', url = '' } = req;
  const route = routeOf(gateway, road, method, url);
  const head = route && parseHead(req.rawHeaders);
  if (!route || !head || !isPlain(method, head) || isTokenNew(gateway.keys, head.authorization)) return false;
  const client = { send: (exchange: Exchange) => sendAnswer(res, exchange), cut: () => void res.destroy() };
  const fast = openFast(gateway, client, { method, url, head });
  if (refuse(fast))
    req.resume(); // the rest is small, and the next request on this connection comes after it
  else if (head.bodyBytes > 0) takeBody(fast, route, req);
  else run(fast, route, undefined);
  return true;
};

/** Takes a request that has arrived as a whole. Returns false, and has done nothing, if it is not for the fast road. */
export const takePlainRequest = (gateway: Gateway, road: FastRoad, client: Client, request: PlainRequest): boolean => {
  const { method, url, head, body } = request;
  const route = routeOf(gateway, road, method, url);
  if (!route || !isPlain(method, head) || isTokenNew(gateway.keys, head.authorization)) return false;
  const fast = openFast(gateway, client, request);
  if (!refuse(fast)) run(fast, route, body);
  return true;
};

const openFast = (gateway: Gateway, client: Client, { method, url, head }: Omit<PlainRequest, 'body'>): Fast => ({
  gateway,
  client,
  method,
  url,
  head,
  requestId: requestIdOf(gateway.requestIds, head.requestId),
  actor: '',
  kind: method === 'GET' ? 'read' : 'write',
  startedAt: performance.now(),
});

/** Gives a request its place, or refuses it at once: there is no place, or it has no valid key. */
const refuse = (fast: Fast): boolean => {
  const { gateway, head, kind, requestId, startedAt } = fast;
  const problem = findNoPlace(gateway, kind, startedAt);
  if (problem) {
    const exchange = openExchange({ requestId });
    answerProblem(exchange, problem);
    finish(fast, exchange, true);
    return true;
  }
  const identified = identify(gateway.keys, head.authorization, kind);
  if (identified.kind === 'refused') {
    const exchange = openExchange({ requestId });
    exchange.headers.push('WWW-Authenticate', identified.challenge);
    answerProblem(exchange, identified.problem);
    finish(fast, exchange, false);
    return true;
  }
  fast.actor = identified.actor;
  enter(gateway.requests, fast);
  if (kind === 'write') expectAppend(gateway.log); // prepares the append while the body arrives
  return false;
};

// a body must be JSON in UTF-8, not compressed, and not too large
const isPlain = (method: string, { contentType, bodyBytes }: Head): boolean =>
  method === 'POST' || method === 'PUT'
    ? bodyBytes > 0 && bodyBytes <= bodyBytesMax && plainTypes.has(contentType)
    : bodyBytes === 0;

const plainTypes = new Set(['application/json', 'application/json; charset=utf-8', 'application/json;charset=UTF-8']);

const routeOf = (gateway: Gateway, road: FastRoad, method: string, url: string): Route | undefined => {
  for (const { entity, path, update, remove } of road) {
    if (!url.startsWith(path)) continue;
    if (url.length === path.length) return method === 'POST' ? createRoute(gateway, entity) : undefined;
    const id = url.slice(path.length + 1);
    if (url[path.length] !== '/' || !isId(id)) continue; // with a parameter, or escaped, it is no id
    if (method === 'GET') return readRoute(gateway, entity, id);
    if (method === 'PUT' && update) return updateRoute(gateway, entity, update, id);
    if (method === 'DELETE' && remove) return removeRoute(gateway, entity, remove, id);
    return undefined;
  }
  return undefined;
};

const readRoute =
  (gateway: Gateway, entity: Entity, id: string): Route =>
  (exchange, done, fail) =>
    read(gateway, entity, exchange, id, done, fail);

const createRoute =
  (gateway: Gateway, entity: Entity): Route =>
  (exchange, done, fail) =>
    create(gateway, entity, exchange).then(done, fail);

const updateRoute =
  (gateway: Gateway, entity: Entity, type: CommandType, id: string): Route =>
  (exchange, done, fail) =>
    update(gateway, entity, type, exchange, id, true).then(done, fail);

const removeRoute =
  (gateway: Gateway, entity: Entity, type: CommandType, id: string): Route =>
  (exchange, done, fail) =>
    remove(gateway, entity, type, exchange, id).then(done, fail);

const takeBody = (fast: Fast, route: Route, req: IncomingMessage) => {
  let body: Buffer | undefined;
  let isOver = false;
  req.on('data', (chunk: Buffer) => {
    body = body ? Buffer.concat([body, chunk]) : chunk; // at most 64 KB, and nearly always one chunk
  });
  req.once('end', () => {
    isOver = true;
    run(fast, route, body);
  });
  req.once('close', () => {
    if (!isOver) fail(fast, cutShort); // the client has gone
  });
};

/** Runs the route, and answers. */
const run = (fast: Fast, route: Route, body: Buffer | undefined) => {
  const { gateway, head, kind, requestId, actor } = fast;
  const parsed = body && parseJson(body);
  if (parsed?.kind === 'problem') return fail(fast, invalidBody(parsed.why, parsed.pointer, parsed.code));
  const { ifMatch, ifNoneMatch, minVersion } = head;
  const trace = parseTrace(head.trace);
  const exchange = openExchange({ requestId, actor, trace, ifMatch, ifNoneMatch, minVersion, input: parsed?.value });
  const begunAt = beginWork(gateway.requests, kind);
  const end = (answered: Exchange) => {
    endWork(gateway.requests, kind, begunAt);
    leave(gateway.requests, fast);
    finish(fast, answered, false);
  };
  route(
    exchange,
    () => end(exchange),
    (error) => {
      const failed = openExchange({ requestId });
      answerProblem(failed, problemOfThrown(gateway, requestId, error));
      end(failed);
    },
  );
};

const fail = (fast: Fast, problem: Parameters<typeof answerProblem>[1]) => {
  const exchange = openExchange({ requestId: fast.requestId });
  answerProblem(exchange, problem);
  leave(fast.gateway.requests, fast);
  finish(fast, exchange, false);
};

const finish = (fast: Fast, exchange: Exchange, isLoggedElsewhere: boolean) => {
  const { gateway, client, method, url, requestId, actor, startedAt } = fast;
  try {
    client.send(exchange);
  } catch (error) {
    // a header that HTTP does not allow: this must not end the process
    gateway.logger.error({ err: error, requestId }, 'A request failed through a fault of ours');
    client.cut();
  }
  const ms = performance.now() - startedAt;
  noteAnswer(gateway, { requestId, actor, method, url, status: exchange.status, ms, isLoggedElsewhere });
};
