import { type IncomingMessage, maxHeaderSize, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { drainLimits } from './answer-early.ts';
import { answerText } from './answer-text.ts';
import { type Exchange, openExchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { answerProblem, type Problem } from './problem.ts';
import { bodyBytesMax } from './read-body.ts';
import { requestIdOf } from './request-ids.ts';
import { sendAnswer } from './send-answer.ts';

// Node's HTTP server refuses some requests before any handler gets them, with an empty answer. The same statuses come
// as problems here.

type Numbered = Pick<Gateway, 'requestIds'>;

/** An error of Node's parser. `reason` is a sentence of the parser, such as "Invalid header token". */
export type ParserError = Error & { code?: string; reason?: string };

/** The last response on each connection of Node's HTTP server. */
type Responses = WeakMap<Duplex, ServerResponse>;

/**
 * Answers what Node's parser refuses, and requests whose `Expect` is not known. Returns a function that takes each
 * other request first. That function returns false, and has answered, if the request lacks the header Host.
 */
export const answerRefused = (
  gateway: Numbered,
  server: Server,
): ((req: IncomingMessage, res: ServerResponse) => boolean) => {
  const responses: Responses = new WeakMap();
  server.on('clientError', (error, socket) => answerParserError(gateway, responses, error, socket));
  server.on('checkExpectation', (req, res) => refuse(gateway, req, res, expectationFailed(req.headers.expect ?? '')));
  return (req, res) => {
    responses.set(req.socket, res);
    if (req.headers.host !== undefined || req.httpVersion !== '1.1') return true;
    res.shouldKeepAlive = false;
    refuse(gateway, req, res, hostMissing);
    return false;
  };
};

/**
 * Answers and closes the connection. If the error is in what follows a complete request, that request is answered
 * first: it may be a command that is done.
 */
const answerParserError = (gateway: Numbered, responses: Responses, error: ParserError, socket: Duplex): void => {
  const response = responses.get(socket);
  const isPending = response && response.socket !== null; // Node takes the socket from an answer that was sent
  if (isPending && response.req.complete) {
    if (response.shouldKeepAlive) response.once('finish', () => answerLast(gateway, error, socket));
    return; // otherwise the connection closes after that answer
  }
  if (isPending && response.headersSent) return void socket.destroy(); // in the midst of an answer
  answerLast(gateway, error, socket);
};

/** Sends the last answer of a connection. A close with unread bytes would lose it, so the connection closes later. */
const answerLast = (gateway: Numbered, error: ParserError, socket: Duplex): void => {
  if (socket.writableEnded) return; // each further block of bytes is an error again
  if (!socket.writable) return void socket.destroy();
  const exchange = exchangeFor(gateway, problemOfParser(error), '');
  const late = setTimeout(() => socket.destroy(), drainLimits.withinMs);
  socket.once('close', () => clearTimeout(late));
  socket.end(answerText(exchange, 0, true), 'latin1');
};

const refuse = (gateway: Numbered, { headers }: IncomingMessage, res: ServerResponse, problem: Problem): void =>
  sendAnswer(res, exchangeFor(gateway, problem, String(headers['x-request-id'] ?? '')));

const exchangeFor = ({ requestIds }: Numbered, problem: Problem, givenId: string): Exchange => {
  const exchange = openExchange({ requestId: requestIdOf(requestIds, givenId) });
  answerProblem(exchange, problem);
  return exchange;
};

/** Returns the problem for an error of Node's parser. */
export const problemOfParser = ({ code, reason, message }: ParserError): Problem => {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return {
        name: 'head-too-large',
        detail: `The address and the headers are larger than ${maxHeaderSize} bytes, which is the most; send fewer`,
      };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return {
        name: 'body-too-large',
        detail: `The extensions of the chunks are too large; send the body without them, in ${bodyBytesMax} bytes`,
      };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return {
        name: 'request-timeout',
        detail: 'The request was not complete in time; send it again, on a new connection',
      };
    default:
      return {
        name: 'invalid-request',
        detail: `Cannot read the request as HTTP/1.1: ${(reason ?? message).slice(0, 80)}; send it with an HTTP client`,
      };
  }
};

const hostMissing: Problem = {
  name: 'invalid-request',
  detail: 'The request has no header Host, which HTTP/1.1 needs; send it with an HTTP client',
};

const expectationFailed = (expect: string): Problem => ({
  name: 'expectation-failed',
  detail: `The header Expect is ${JSON.stringify(expect.slice(0, 80))}; send 100-continue, or leave the header out`,
});
