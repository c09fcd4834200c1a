import type { Socket } from 'node:net';
import { parse as parseQuery } from 'node:querystring';
import type { Context } from 'koa';
import { type WebSocket, WebSocketServer } from 'ws';
import type { OpenSocket, Subscriber, Upgrade } from '../feed/feed.ts';
import { frameOf } from '../feed/message.ts';
import type { Outlet } from '../feed/outlet.ts';
import { addClient, goOnAfterDrain, removeClient, removeSubscriber } from '../feed/subscribers.ts';
import type { Gateway } from '../gateway.ts';
import { openAllowance, openSiteAllowance } from '../keys.ts';
import { describeProblem, invalid, type Problem } from '../problem.ts';
import { findTarget } from './find-target.ts';
import { parseSocketMessage, type SocketMessage } from './parse-socket-message.ts';
import { subscribeTo } from './subscribe-to.ts';

/** A WebSocket with its subscriptions by name. A plain value, changed only in this file. */
type Connection = OpenSocket & {
  gateway: Gateway;
  ws: WebSocket;
  socket: Socket;
  client: string;
  isAllowed: () => boolean; // whether its key still counts
  isSite: () => boolean;
  requestId: string;
  countMessage: () => Promise<Problem | undefined>; // by the rate limit
  subscriptions: Map<string, Named>;
  isAlive: boolean; // it answered the last ping
  idlePings: number; // since it has no subscription
};

/** A subscription by its name. */
type Named = { subscriber: Subscriber | undefined }; // undefined until it is opened

const messageBytesMax = 16_384;
const pingEveryMs = 15_000;
const idlePingsMax = 4;
const closedWithinMs = 5_000;
const stoppedWithinMs = 1_000;

const server = new WebSocketServer({
  ...{ noServer: true, perMessageDeflate: false, maxPayload: messageBytesMax, clientTracking: false },
  handleProtocols: (protocols) => (protocols.has(protocolName) ? protocolName : false),
});

/** The subprotocol of these WebSockets. A browser sends its key as another one behind it. */
const protocolName = 'muster';
export const keyProtocol = 'muster.key.';

/** Opens the WebSocket of a request that was upgraded, after all that any request passes. */
export const openSocket = (
  gateway: Gateway,
  ctx: Context,
  { head, socket }: Upgrade,
  client: string,
  countMessage: Connection['countMessage'],
): void => {
  const { req } = ctx;
  const { requestId } = ctx.state;
  const isAllowed = openAllowance(gateway.keys, ctx.get('Authorization'));
  const isSite = openSiteAllowance(gateway.keys, ctx.get('Authorization'));
  server.handleUpgrade(req, socket, head, (ws) => {
    const connection: Connection = {
      close: (code, reason, withinMs) => closeSocket(ws, code, reason, withinMs),
      ...{ gateway, ws, socket, client, isAllowed, isSite, requestId, countMessage },
      ...{ subscriptions: new Map(), isAlive: true, idlePings: 0 },
    };
    serve(connection);
  });
};

const serve = (connection: Connection): void => {
  const { client, gateway, requestId, socket, subscriptions, ws } = connection;
  const { feed } = gateway;
  feed.sockets.add(connection);
  addClient(feed, client);
  const pinging = setInterval(() => ping(connection), pingEveryMs);
  ws.on('error', () => undefined); // 'close' follows
  ws.on('pong', () => {
    connection.isAlive = true;
  });
  ws.on('message', (data, isBinary) => {
    take(connection, isBinary ? undefined : data.toString()).catch((error) => {
      gateway.logger.error({ err: error, requestId }, 'A message on a WebSocket failed through a fault of ours');
      ws.close(1011, 'a fault of the service');
    });
  });
  ws.on('close', () => {
    clearInterval(pinging);
    feed.sockets.delete(connection);
    removeClient(feed, client);
    for (const { subscriber } of subscriptions.values()) if (subscriber) removeSubscriber(feed, subscriber);
  });
  socket.on('drain', () => {
    ws.resume();
    for (const { subscriber } of subscriptions.values()) if (subscriber) goOnAfterDrain(feed, subscriber);
  });
};

/** Asks whether the client is still there. Closes the connection if it was not, or if it has no subscription. */
const ping = (connection: Connection): void => {
  const { isAlive, subscriptions, ws } = connection;
  if (!isAlive) return ws.terminate();
  connection.idlePings = subscriptions.size > 0 ? 0 : connection.idlePings + 1;
  if (connection.idlePings >= idlePingsMax) return ws.close(1000, 'no subscription for a minute');
  connection.isAlive = false;
  ws.ping();
};

const take = async (connection: Connection, text: string | undefined): Promise<void> => {
  const { subscriptions, ws } = connection;
  const limited = await connection.countMessage();
  if (ws.readyState !== ws.OPEN) return;
  const parsed = parseSocketMessage(text);
  const named = parsed.kind === 'message' ? parsed.message.subscription : parsed.subscription;
  if (limited) return sendProblem(connection, named, limited);
  if (parsed.kind === 'faults') return sendProblem(connection, named, invalid(parsed.faults));
  if (parsed.message.kind === 'subscribe') return subscribe(connection, parsed.message);
  const { subscription } = parsed.message;
  const subscriber = subscriptions.get(subscription)?.subscriber;
  subscriptions.delete(subscription);
  if (subscriber) removeSubscriber(connection.gateway.feed, subscriber);
  send(connection, { subscription, event: 'unsubscribed' });
};

type Subscribe = Extract<SocketMessage, { kind: 'subscribe' }>;

const subscribe = async (connection: Connection, { after, subscription, to }: Subscribe): Promise<void> => {
  const { client, gateway, isAllowed, isSite, subscriptions, ws } = connection;
  const refuse = (pointer: string, detail: string) =>
    sendProblem(connection, subscription, invalid([{ pointer, code: 'invalid-parameter', detail }]));
  if (!isAllowed()) return sendProblem(connection, subscription, keyRefused);
  const url = new URL(to, 'http://muster');
  const target = findTarget(gateway.entities, url.pathname);
  if (!target) return refuse('/to', `there is nothing to subscribe to at ${url.pathname.slice(0, 200)}`);
  if (subscriptions.has(subscription))
    return refuse('/subscribe', 'this connection has a subscription of this name; end it first, or take another name');
  const named: Named = { subscriber: undefined };
  subscriptions.set(subscription, named);
  const problem = await subscribeTo(gateway, target, {
    ...{ query: parseQuery(url.search.slice(1)), lastEventId: after, client, isAllowed, isSite },
    outlet: openSocketOutlet(connection, subscription),
    begin: () => undefined,
    onOpen: (subscriber) => {
      named.subscriber = subscriber;
    },
  });
  if (!problem || subscriptions.get(subscription) !== named) return; // its client ended it, and may use its name again
  subscriptions.delete(subscription);
  if (problem.name === 'unavailable' || problem.name === 'too-many-requests')
    gateway.metrics.refused.inc({ reason: 'live' });
  if (ws.readyState === ws.OPEN) sendProblem(connection, subscription, problem);
};

const keyRefused: Problem = {
  name: 'key-required',
  detail: 'The key of this WebSocket was revoked, or has expired; open another WebSocket with a valid key',
};

/** Opens the outlet of one subscription. What all subscribers get is sent from one buffer, behind the own part. */
const openSocketOutlet = (connection: Connection, subscription: string): Outlet => {
  const { socket, subscriptions, ws } = connection;
  const own = Buffer.from(`{"subscription":${JSON.stringify(subscription)},`);
  return {
    write: (message) => {
      ws.send(own, { fin: false, binary: false });
      ws.send(frameOf(message), { fin: true, binary: false });
    },
    writeBlocks: undefined, // each message has the name of its subscription
    isFull: () => socket.writableNeedDrain,
    together: (work) => {
      socket.cork();
      work();
      socket.uncork();
    },
    end: (isStuck) => {
      subscriptions.delete(subscription);
      if (isStuck) closeSocket(ws, 1008, 'too slow', closedWithinMs);
    },
  };
};

const sendProblem = (connection: Connection, subscription: string | undefined, problem: Problem): void =>
  send(connection, { subscription, event: 'problem', data: describeProblem(problem, connection.requestId) });

/** Answers a message. No further one is read until the client reads: its answers would pile up here. */
const send = ({ socket, ws }: Connection, message: object): void => {
  ws.send(JSON.stringify(message));
  if (socket.writableNeedDrain) ws.pause();
};

/** Closes all WebSockets, because the gateway stops. */
export const closeSockets = ({ sockets }: Gateway['feed']): void => {
  for (const { close } of sockets) close(1001, 'stopping', stoppedWithinMs);
};

const closeSocket = (ws: WebSocket, code: number, reason: string, withinMs: number): void => {
  ws.close(code, reason);
  setTimeout(() => ws.terminate(), withinMs).unref(); // it may not read that
};
