import { type IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type Router from '@koa/router';
import type { Context } from 'koa';
import { findNoPlaceFor } from '../feed/open-subscription.ts';
import type { Gateway } from '../gateway.ts';
import { clientOf, type RateLimit } from '../limit-rate.ts';
import { keyProtocol, openSocket } from '../live/sockets.ts';
import { giveProblem } from '../on-koa.ts';
import type { Problem } from '../problem.ts';

const path = '/api/live';

/**
 * Takes the requests of a server that ask for an upgrade. A WebSocket at the address of the feed passes all that any
 * request passes, in `throughKoa`. Every other upgrade is left out, as HTTP allows: the request is answered.
 */
export const takeUpgrades = ({ feed }: Gateway, server: Server, throughKoa: RequestListener): void => {
  server.on('upgrade', (req: IncomingMessage, socket: Socket, head: Buffer) => {
    if (!isForLive(req)) return giveBack(server, req, socket, head);
    socket.on('error', () => undefined); // 'close' follows
    const [, key] = new RegExp(`(?:^|[\\s,])${keyProtocol}([^\\s,]+)`).exec(protocolsOf(req)) ?? [];
    if (key !== undefined) req.headers.authorization ??= `Bearer ${key}`;
    feed.upgrades.set(req, { socket, head });
    const res = new ServerResponse(req);
    res.shouldKeepAlive = false;
    res.assignSocket(socket);
    res.once('finish', () => socket.end()); // it was refused
    throughKoa(req, res);
  });
};

const protocolsOf = ({ headers }: IncomingMessage): string => headers['sec-websocket-protocol'] ?? '';

const isForLive = ({ headers, method, url = '' }: IncomingMessage): boolean =>
  method === 'GET' &&
  headers.host !== undefined && // without it, the server refuses any request
  headers.upgrade?.toLowerCase() === 'websocket' &&
  /^\/api\/live\/?(\?|$)/.test(url);

/** Gives a connection back to the server, with the request as it came but for the wish to upgrade. */
const giveBack = (server: Server, req: IncomingMessage, socket: Socket, head: Buffer): void => {
  const { httpVersion, method, rawHeaders, url } = req;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    if (isUpgradeHeader(name)) continue;
    lines.push(`${name}: ${name.toLowerCase() === 'connection' ? withoutUpgrade(value) : value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
};

const isUpgradeHeader = (name: string): boolean => /^(upgrade|http2-settings)$/i.test(name);

const withoutUpgrade = (options: string): string =>
  options
    .split(',')
    .filter((option) => !isUpgradeHeader(option.trim()))
    .join(',');

/** Adds the address of the WebSockets. */
export const addLiveRoute = (router: Router, gateway: Gateway, limit: RateLimit): void => {
  router.get(path, (ctx: Context) => {
    const { feed, metrics, settings } = gateway;
    const upgrade = feed.upgrades.get(ctx.req);
    if (!upgrade) return refuseRequest(ctx);
    if (isForeign(ctx, settings.CORS_ORIGINS)) return giveProblem(ctx, foreign);
    const client = clientOf(ctx);
    const refused = findNoPlaceFor(gateway, client);
    if (refused) {
      metrics.refused.inc({ reason: 'live' });
      return giveProblem(ctx, refused);
    }
    ctx.respond = false;
    ctx.status = 101;
    ctx.res.detachSocket(upgrade.socket);
    openSocket(gateway, ctx, upgrade, client, () => limit.count(client));
  });
};

const refuseRequest = (ctx: Context) => {
  ctx.set('Upgrade', 'websocket');
  giveProblem(ctx, {
    name: 'upgrade-required',
    detail: 'This address is a WebSocket; open it as one, or subscribe to an address such as /api/events',
  });
};

/** Whether a page of another origin opens it. Browsers ask nobody before they do. */
const isForeign = (ctx: Context, origins: string): boolean => {
  const origin = ctx.get('Origin');
  return origin !== '' && origins !== '*' && !origins.split(',').includes(origin) && hostOf(origin) !== ctx.host;
};

const hostOf = (origin: string): string => origin.replace(/^\w+:\/\//, '');

const foreign: Problem = {
  name: 'foreign-origin',
  detail: 'A page of another origin opened this WebSocket; name its origin in CORS_ORIGINS',
};
