import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Frame, type Outbox, openInbox, openOutbox, readFrames } from './frames.ts';
import {
  type Answer,
  kinds,
  parseQuestion,
  parseReadRequest,
  type Question,
  type ReadReply,
  type ReadRequest,
  writeAnswer,
  writeReadReply,
} from './messages.ts';

/** What answers. A read is answered at once where possible: most are, and a promise would cost more than the answer. */
export type Answers = {
  read: (request: ReadRequest) => ReadReply | Promise<ReadReply>;
  ask: (question: Question) => Promise<{ answer: Answer; text: string }>;
};

export type ReadService = AsyncDisposable & { port: number };

const requestBytesMax = 4 * 1024 * 1024;
const unsentBytesMax = 256 * 1024 * 1024;

/** Serves gateways on `host`:`port` (0 picks a free port) until disposed. Whoever sends what is no request gets a closed connection. */
export const serveRequests = async (host: string, port: number, answers: Answers, onError: (error: unknown) => void): Promise<ReadService> => {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serve(socket, answers, onError);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
};

const serve = (socket: Socket, answers: Answers, onError: (error: unknown) => void) => {
  const inbox = openInbox(requestBytesMax);
  const outbox = openOutbox(socket);
  socket.on('error', () => undefined); // 'close' follows
  socket.on('data', (chunk) => {
    const frames = readFrames(inbox, chunk);
    if (!frames || socket.writableLength > unsentBytesMax) return socket.destroy();
    for (const frame of frames) void answerFrame(outbox, frame, answers, onError);
  });
};

const answerFrame = (outbox: Outbox, frame: Frame, answers: Answers, onError: (error: unknown) => void): void => {
  try {
    if (frame.kind === kinds.read) answerRead(outbox, frame, answers.read(parseReadRequest(frame)), onError);
    else if (frame.kind === kinds.ask) answerQuestion(outbox, frame, answers.ask(parseQuestion(frame)), onError);
    else throw new RangeError(`A frame of the unknown kind ${frame.kind}`);
  } catch (error) {
    outbox.socket.destroy();
    onError(error);
  }
};

const answerRead = (outbox: Outbox, { request }: Frame, reply: ReadReply | Promise<ReadReply>, onError: (error: unknown) => void): void => {
  if (reply instanceof Promise) void reply.then((later) => writeReadReply(outbox, request, later)).catch(onError);
  else writeReadReply(outbox, request, reply);
};

const answerQuestion = (outbox: Outbox, { request }: Frame, asked: ReturnType<Answers['ask']>, onError: (error: unknown) => void): void => {
  void asked.then(({ answer, text }) => writeAnswer(outbox, request, answer, text)).catch(onError);
};
