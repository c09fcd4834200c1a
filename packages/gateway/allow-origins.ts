import cors from '@koa/cors';
import type { Middleware } from 'koa';

/**
 * Lets pages of these origins call the service from a browser (CORS); `*` stands for all. Other origins get no header,
 * so that a browser keeps the answer from the page.
 */
export const allowOrigins = (origins: readonly string[]): Middleware => {
  const isAny = origins.includes('*');
  return cors({
    origin: (ctx) => {
      const origin = ctx.get('Origin');
      if (isAny) return '*';
      return origins.includes(origin) ? origin : '';
    },
    allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: sent,
    exposeHeaders: answered,
    maxAge: 600,
  });
};

const sent = [
  'Authorization',
  'Content-Type',
  'If-Match',
  'If-None-Match',
  'Muster-Min-Version',
  'Last-Event-ID',
  'X-Request-Id',
  'traceparent',
  'Content-Encoding',
];

const answered = [
  ...['ETag', 'Link', 'Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id', 'Accept-Patch'],
  ...['Muster-Source', 'Muster-Lag-Ms', 'Muster-As-Of', 'Muster-Total', 'Muster-Parked', 'WWW-Authenticate'],
];
