import { STATUS_CODES } from 'node:http';
import { type Exchange, hasBody } from './exchange.ts';
import { securityHeaders } from './security-headers.ts';

// What Node's HTTP server writes for the same answer, on a connection that stays open, or is closed after it.

/**
 * Returns a whole answer as a text of single-byte characters. Its headers are the same as on the other roads. Throws a
 * TypeError if a header has a character that HTTP does not allow.
 */
export const answerText = (exchange: Exchange, keepAliveMs: number, isLast: boolean, now = Date.now()): string => {
  const { requestId, status, headers, body } = exchange;
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nX-Request-Id: ${requestId}\r\n${securityText}`;
  for (let at = 0; at < headers.length; at += 2) {
    if (notAllowed.test(headers[at + 1] as string)) throw new TypeError(`Cannot send the header ${headers[at]}`);
    head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  }
  const rest = `Date: ${dateText(now)}\r\n${isLast ? closing : keepingOpen(keepAliveMs)}\r\n`;
  if (!hasBody(status)) return head + rest;
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return `${head}Content-Length: ${bytes.length}\r\n${rest}${bytes.toString('latin1')}`;
};

const notAllowed = /[^\t\x20-\x7e\x80-\xff]/;
const closing = 'Connection: close\r\n';
const keepingOpen = (ms: number) => `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(ms / 1_000)}\r\n`;

const securityText = Array.from(
  { length: securityHeaders.length / 2 },
  (_, pair) => `${securityHeaders[2 * pair]}: ${securityHeaders[2 * pair + 1]}\r\n`,
).join('');

let date = { second: 0, text: '' };

/** The time as HTTP writes it. It changes once a second. */
const dateText = (now: number): string => {
  const second = Math.floor(now / 1_000);
  if (second !== date.second) date = { second, text: new Date(now).toUTCString() };
  return date.text;
};
