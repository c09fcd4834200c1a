import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Changed, Step } from './change-system.ts';
import { type ChangeRequest, parseChange } from './parse-change.ts';
import type { ControlAddress } from './running.ts';

export type Control = AsyncDisposable & { address: ControlAddress };

/** Carries a change out; `onStep` hears how it goes. */
export type Answering = (request: ChangeRequest, onStep: (step: Step) => void) => Promise<Changed>;

/** One line of an answer: a step, and last how it ended. */
export type ControlLine = Step | Changed;

/**
 * Takes orders on a free port of 127.0.0.1 from whoever has the token, until disposed: POST with a change as JSON. The
 * answer is a line of JSON for each step while it happens, and one for the outcome; 409 with `{ problem }` when it was
 * refused, 400, 401, 404 and 413 when it could not be asked so. A client that goes away changes nothing.
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
  response.on('error', () => undefined); // who asked has gone
  if (!isSame(request.headers.authorization ?? '', `Bearer ${token}`))
    return refuse(response, 401, 'The token is missing or wrong: it stands in running.json');
  if (request.method !== 'POST' || request.url !== '/change')
    return refuse(response, 404, 'Nothing here: POST /change');
  const body = await readBody(request);
  if (body === undefined) return refuse(response, 413, `The body is larger than ${bodyMax} bytes`);
  const parsed = parseChange(body);
  if (parsed.kind === 'problem') return refuse(response, 400, parsed.problem);
  const changed = await answering(parsed.request, (step) => writeLine(response, step));
  if (changed.kind === 'refused') return refuse(response, 409, changed.problem);
  writeLine(response, changed);
  response.end();
};

// of the same length whatever was given, so that nothing can be learned from the time it takes
const isSame = (given: string, wanted: string): boolean => {
  const [left, right] = [given, wanted].map((text) => createHash('sha256').update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
};

// read to its end either way: a connection cut off in the middle would lose the answer
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
