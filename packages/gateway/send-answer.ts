import type { ServerResponse } from 'node:http';
import { type Exchange, hasBody } from './exchange.ts';
import { securityHeaders } from './security-headers.ts';

/**
 * Sends the answer of an exchange, head and body in one write. The headers are the same as through Koa. Bytes go out as
 * a text of single-byte characters: Node joins a text with the head, but would write a buffer separately.
 */
export const sendAnswer = (res: ServerResponse, { requestId, status, headers, body }: Exchange): void => {
  const all = ['X-Request-Id', requestId, ...securityHeaders, ...headers];
  if (!hasBody(status)) {
    res.writeHead(status, all).end();
    return;
  }
  const bytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  all.push('Content-Length', String(bytes));
  res.writeHead(status, all);
  if (typeof body === 'string') res.end(body);
  else res.end(body.toString('latin1'), 'latin1');
};
