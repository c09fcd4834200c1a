import { type KeyObject, randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Complaints, complain, openComplaints, type WireProblem } from './complaints.ts';
import {
  blockWithinMs,
  type Frame,
  type Inbox,
  isOverdue,
  type Outbox,
  openInbox,
  openOutbox,
  readFrames,
  replyBytesMax,
  requestBytesMax,
  sendFrames,
} from './frames.ts';
import { challengeOf, greetWithinMs, hearHello, type Identity, keyOf, openGreetingInbox } from './greeting.ts';
import { localPathOf } from './local-path.ts';
import {
  kinds,
  parseReadRequest,
  type ReadReply,
  type ReadRequest,
  type StateReply,
  writeReadReply,
  writeStateReply,
} from './messages.ts';
import { type Answer, parseQuestion, type Question, writeAnswer } from './questions.ts';

/**
 * The functions that answer. A read should return its reply directly if possible: a promise would cost more than the
 * reply.
 */
export type Answers = {
  read: (request: ReadRequest) => ReadReply | Promise<ReadReply>;
  readState: (request: ReadRequest) => StateReply | Promise<StateReply>;
  ask: (question: Question) => Promise<{ answer: Answer; text: string }>;
};

export type ServeOptions = {
  host: string;
  /** 0 selects a free port. */
  port: number;
  secret: string;
  /** Called at each greeting. */
  identity: () => Identity;
  answers: Answers;
  /** Called with each protocol violation of a peer, at most once in 10 seconds per kind. */
  onProblem: (problem: WireProblem) => void;
  /** Called with each error that `answers` throws. */
  onError: (error: unknown) => void;
};

/** The aggregator's end of the wire. A plain value, changed only in this file. */
export type ReadService = AsyncDisposable & {
  port: number;
  server: Server;
  key: KeyObject;
  options: ServeOptions;
  connections: Set<Connection>;
  ungreeted: Set<Connection>; // connections that have not greeted, the oldest first
  complaints: Complaints;
};

type Connection = {
  socket: Socket;
  from: string;
  nonce: string;
  inbox: Inbox;
  outbox: Outbox;
  greetBy: NodeJS.Timeout | undefined; // undefined after the greeting
  refused: boolean; // its further data are ignored
  answering: number; // requests that wait for their answer
};

const ungreetedMax = 64;
const answeringMax = 40_000; // a gateway has at most half as many in flight, and may have abandoned the other half
const unsentBytesMax = 256 * 1024 * 1024;
const sweepEveryMs = 1_000;

/**
 * Serves gateways that prove the secret, until it is disposed. Closes the connection of any other peer, and after an
 * invalid request. Rejects when the port is in use.
 */
export const serveRequests = async (options: ServeOptions): Promise<ReadService> => {
  const server = createServer({ noDelay: true, keepAlive: true });
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen(options.port, options.host, resolve),
  );
  const local = await listenLocally(options, (server.address() as AddressInfo).port);
  const sweep = setInterval(() => closeOverdue(service), sweepEveryMs).unref();
  const close = async () => {
    clearInterval(sweep);
    const closed = [server, ...(local ? [local] : [])].map((one) => new Promise((resolve) => one.close(resolve)));
    dropConnections(service);
    await Promise.all(closed);
  };
  const service: ReadService = {
    port: (server.address() as AddressInfo).port,
    server,
    key: keyOf(options.secret),
    options,
    connections: new Set(),
    ungreeted: new Set(),
    complaints: openComplaints(),
    [Symbol.asyncDispose]: close,
  };
  for (const one of [server, ...(local ? [local] : [])]) {
    one.on('error', options.onError); // for example when no file handles are left: that must not end the process
    one.on('connection', (socket) => challenge(service, socket));
  }
  return service;
};

/** Listens on the Unix socket beside the port, too. Without it, gateways use the port. */
const listenLocally = async ({ host }: ServeOptions, port: number): Promise<Server | undefined> => {
  const path = localPathOf(host, port);
  if (path === undefined) return undefined;
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({ path }, () => resolve(server.removeAllListeners('error')));
  });
};

/** Closes all connections, so that every gateway greets again. Call it when the identity has changed. */
export const dropConnections = ({ connections }: ReadService): void => {
  for (const { socket } of connections) socket.destroy();
};

const challenge = (service: ReadService, socket: Socket) => {
  const connection: Connection = {
    socket,
    from: socket.remoteAddress === undefined ? 'this machine' : `${socket.remoteAddress}:${socket.remotePort}`,
    nonce: randomBytes(32).toString('hex'),
    inbox: openGreetingInbox(),
    outbox: openOutbox(socket, replyBytesMax),
    greetBy: setTimeout(() => socket.destroy(), greetWithinMs),
    refused: false,
    answering: 0,
  };
  socket.on('error', () => undefined); // 'close' follows
  socket.once('close', () => forget(service, connection));
  socket.on('data', (chunk) =>
    connection.greetBy ? greet(service, connection, chunk) : receive(service, connection, chunk),
  );
  service.connections.add(connection);
  service.ungreeted.add(connection);
  dropOldestUngreeted(service);
  socket.write(challengeOf(connection.nonce));
};

const forget = ({ connections, ungreeted }: ReadService, connection: Connection) => {
  clearTimeout(connection.greetBy);
  connections.delete(connection);
  ungreeted.delete(connection);
};

const dropOldestUngreeted = (service: ReadService) => {
  const [oldest] = service.ungreeted;
  if (!oldest || service.ungreeted.size <= ungreetedMax) return;
  service.ungreeted.delete(oldest);
  oldest.socket.destroy();
  const message = `it was the oldest of over ${ungreetedMax} connections that have not greeted; restrict this port`;
  report(service, oldest, { kind: 'flood', message });
};

const greet = (service: ReadService, connection: Connection, chunk: Buffer) => {
  const { socket, inbox, nonce } = connection;
  const heard = hearHello(inbox, nonce, service.key, service.options.identity(), chunk);
  if (heard.kind === 'waiting') return;
  if (heard.kind === 'refused') {
    if (heard.problem) report(service, connection, heard.problem);
    socket.removeAllListeners('data').resume(); // discard its further data
    if (heard.reply)
      socket.end(heard.reply); // if the other end does not close it, the greeting's deadline does
    else socket.destroy();
    return;
  }
  clearTimeout(connection.greetBy);
  connection.greetBy = undefined;
  connection.inbox = openInbox(requestBytesMax);
  service.ungreeted.delete(connection);
  socket.write(heard.reply);
};

const receive = (service: ReadService, connection: Connection, chunk: Buffer) => {
  const { inbox, socket } = connection;
  const frames = readFrames(inbox, chunk);
  if (!frames)
    return refuse(service, connection, {
      kind: 'frame',
      message: 'it sent an invalid or damaged frame, or one that is too long',
    });
  if (socket.writableLength > unsentBytesMax)
    return refuse(service, connection, { kind: 'flood', message: 'it sends requests without reading the answers' });
  try {
    for (const frame of frames) {
      if (connection.refused) return;
      answerFrame(service, connection, frame);
    }
    sendFrames(connection.outbox); // the answers to one block go out in one write, at once
  } catch (error) {
    refuse(service, connection, { kind: 'request', message: 'its request failed with an internal error' });
    service.options.onError(error);
  }
};

const answerFrame = (service: ReadService, connection: Connection, frame: Frame): void => {
  const { answers } = service.options;
  if (frame.kind === kinds.read) {
    const request = parsed(service, connection, frame, parseReadRequest);
    if (request) answerRead(service, connection, frame.request, answers.read(request));
  } else if (frame.kind === kinds.readState) {
    const request = parsed(service, connection, frame, parseReadRequest);
    if (request) answerReadState(service, connection, frame.request, answers.readState(request));
  } else if (frame.kind === kinds.ask) {
    const question = parsed(service, connection, frame, parseQuestion);
    if (question)
      answerLater(service, connection, answers.ask(question), ({ answer, text }) =>
        writeAnswer(connection.outbox, frame.request, answer, text),
      );
  } else refuse(service, connection, { kind: 'request', message: `it sent a frame of unknown kind ${frame.kind}` });
};

const parsed = <T>(
  service: ReadService,
  connection: Connection,
  frame: Frame,
  parse: (frame: Frame) => T,
): T | undefined => {
  try {
    return parse(frame);
  } catch (error) {
    // the error of JSON.parse would show the data
    const why = error instanceof RangeError ? error.message : 'it is not JSON';
    refuse(service, connection, { kind: 'request', message: `it sent an invalid request: ${why}` });
    return undefined;
  }
};

const answerRead = (
  service: ReadService,
  connection: Connection,
  request: number,
  reply: ReadReply | Promise<ReadReply>,
): void => {
  if (reply instanceof Promise)
    answerLater(service, connection, reply, (later) => writeReadReply(connection.outbox, request, later));
  else writeReadReply(connection.outbox, request, reply);
};

const answerReadState = (
  service: ReadService,
  connection: Connection,
  request: number,
  reply: StateReply | Promise<StateReply>,
): void => {
  if (reply instanceof Promise)
    answerLater(service, connection, reply, (later) => writeStateOrMissing(connection.outbox, request, later));
  else writeStateOrMissing(connection.outbox, request, reply);
};

// after notHere, the gateway reads the state from the database
const writeStateOrMissing = (outbox: Outbox, request: number, reply: StateReply) => {
  try {
    writeStateReply(outbox, request, reply);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    writeStateReply(outbox, request, { kind: 'notHere' });
  }
};

const answerLater = <T>(
  service: ReadService,
  connection: Connection,
  asked: Promise<T>,
  write: (answer: T) => void,
) => {
  connection.answering += 1;
  void asked
    .then(write)
    .catch(service.options.onError)
    .finally(() => {
      connection.answering -= 1;
    });
  if (connection.answering > answeringMax)
    refuse(service, connection, { kind: 'flood', message: `more than ${answeringMax} of its requests are waiting` });
};

const closeOverdue = (service: ReadService) => {
  const now = performance.now();
  for (const connection of service.connections)
    if (isOverdue(connection.inbox, now))
      refuse(service, connection, {
        kind: 'frame',
        message: `it did not complete a block within ${blockWithinMs / 1_000} s`,
      });
};

const refuse = (service: ReadService, connection: Connection, problem: WireProblem) => {
  connection.refused = true;
  connection.socket.destroy();
  report(service, connection, problem);
};

const report = ({ complaints, options }: ReadService, { from }: Connection, { kind, message }: WireProblem) => {
  const problem = complain(
    complaints,
    { kind, message: `Closed the connection from ${from}: ${message}` },
    performance.now(),
  );
  if (problem) options.onProblem(problem);
};
