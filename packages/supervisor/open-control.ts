import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Changed, Step } from './change-system.ts';
import { type ChangeRequest, parseChange } from './parse-change.ts';
import type { ControlAddress } from './running.ts';

export type Control = AsyncDisposable & { address: ControlAddress };

/** Does a change and calls `onStep` for each step. */
export type Answering = (request: ChangeRequest, onStep: (step: Step) => void) => Promise<Changed>;

/** One line of an answer: a step, or in the last line the outcome. */
export type ControlLine = Step | Changed;

/**
 * Listens on a free port of 127.0.0.1, until disposed, for requests that have the token: `POST /change` with a change
 * as JSON. The answer has a line of JSON for each step while it happens, and one for the outcome. A refused change is
 * answered by 409, an invalid request by 400, 401, 404 or 413, each with `{ problem }`. The change goes on when the
 * client disconnects.
 */
export const openControl = async (answering: Answering): Promise<Control> => {
  const token = randomBytes(32).toString('hex');
  const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
    void answer(request, response, token, answering).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { address: { port: (server.address() as AddressInfo).port, token }, [Symbol.asyncDispose]: close };
};

const bodyMax = 16_384;

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  answering: Answering,
): Promise<void> => {
  response.on('error', () => undefined); // the client has disconnected
  if (!isSame(request.headers.authorization ?? '', `Bearer ${token}`))
    return refuse(response, 401, 'The token is missing or wrong. Use the token in running.json');
  if (request.method !== 'POST' || request.url !== '/change')
    return refuse(response, 404, 'Unknown request, expected POST /change');
  const body = await readBody(request);
  if (body === undefined) return refuse(response, 413, `The body is larger than ${bodyMax} bytes`);
  const parsed = parseChange(body);
  if (parsed.kind === 'problem') return refuse(response, 400, parsed.problem);
  const changed = await answering(parsed.request, (step) => writeLine(response, step));
  if (changed.kind === 'refused') return refuse(response, 409, changed.problem);
  writeLine(response, changed);
  response.end();
};

// the hashes have the same length, so the time of the comparison reveals nothing about the token
const isSame = (given: string, wanted: string): boolean => {
  const [left, right] = [given, wanted].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
};

// reads the body to its end even if it is too large: closing the connection earlier would lose the answer
const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyMax) chunks.push(chunk);
  }
  return size <= bodyMax ? Buffer.concat(chunks).toString('utf8') : undefined;
};

const writeLine = (response: ServerResponse, line: ControlLine) => {
  if (response.destroyed) return;
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/x-ndjson' });
  response.write(`${JSON.stringify(line)}\n`);
};

const refuse = (response: ServerResponse, status: number, problem: string): void => {
  response
    .writeHead(status, { 'content-type': 'application/json', connection: 'close' })
    .end(JSON.stringify({ problem }));
};
