import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server of a test that answers as the test says. `requests` are all that came, `open` those that are not over. */
export type FeedServer = AsyncDisposable & {
  url: string;
  requests: IncomingMessage[];
  open: Set<ServerResponse>;
};

/** Answers the request with this number, from 0 on. */
export type Answer = (response: ServerResponse, number: number, request: IncomingMessage) => void;

/** Starts a server on a free port. Disposal cuts all its connections. */
export const openFeedServer = async (answer: Answer): Promise<FeedServer> => {
  const requests: IncomingMessage[] = [];
  const open = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    open.add(response);
    response.once('close', () => open.delete(response)).on('error', () => undefined);
    requests.push(request);
    answer(response, requests.length - 1, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}/api/events`, requests, open, [Symbol.asyncDispose]: close };
};

/** Begins an answer of server-sent events, with these texts. */
export const sendMessages = (response: ServerResponse, ...texts: string[]): void => {
  if (!response.headersSent)
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', connection: 'close' });
  for (const text of texts) response.write(text);
};

/** Answers with a problem, as the service does. */
export const sendProblem = (
  response: ServerResponse,
  status: number,
  problem: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close', ...headers });
  response.end(JSON.stringify({ status, ...problem }));
};
