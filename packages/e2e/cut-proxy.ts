import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A command that a client sends to MongoDB, such as `update` on `Checkpoints`, and its number of statements.
 * `collection` is empty if the command does not begin with one.
 */
export type Command = { name: string; collection: string; statements: number };

export type CutProxy = AsyncDisposable & {
  /** The URI that connects to the server through this proxy. */
  uri: string;
  /** The writes that passed, oldest first. */
  passed: Command[];
  /** The writes that were cut, oldest first. */
  cut: Command[];
  /** Selects commands to cut. A connection passes nothing to the server after such a command, and gets no answer. */
  isCut: (command: Command) => boolean;
  /** Selects commands that the server executes, while the client loses its connection before the answer. */
  isUnheard: (command: Command) => boolean;
  /** Returns by how many milliseconds the answer to a command is delayed. */
  lateMs: (command: Command) => number;
};

/**
 * Opens a TCP proxy in front of the MongoDB at `host`:`port`. It parses the protocol only as far as needed to record
 * the writes that really reach the server.
 */
export const openCutProxy = async ({ host, port }: { host: string; port: number }): Promise<CutProxy> => {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect({ host, port, noDelay: true });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined); // `close` follows
      one.once('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    const exchange: Exchange = { isCut: false, isUnheard: false, lateMs: 0 };
    client.on('data', openSieve(proxy, exchange, upstream));
    upstream.on('data', (bytes) => passBack(exchange, client, bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const uri = `mongodb://127.0.0.1:${(server.address() as AddressInfo).port}/?directConnection=true`;
  const proxy: CutProxy = {
    uri,
    passed: [],
    cut: [],
    isCut: () => false,
    isUnheard: () => false,
    lateMs: () => 0,
    [Symbol.asyncDispose]: close,
  };
  return proxy;
};

/** What happens to the last command of a connection. A driver sends the next command only after the answer. */
type Exchange = { isCut: boolean; isUnheard: boolean; lateMs: number };

/** Passes on complete messages, and none after the first that is cut. */
const openSieve = (proxy: CutProxy, exchange: Exchange, upstream: Socket) => {
  let rest = Buffer.alloc(0);
  return (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let length = lengthOf(rest); length <= rest.length && !exchange.isCut; length = lengthOf(rest)) {
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      judge(proxy, exchange, readCommand(message));
      if (!exchange.isCut) upstream.write(message);
    }
    if (exchange.isCut) rest = Buffer.alloc(0);
  };
};

const judge = (proxy: CutProxy, exchange: Exchange, command: Command | undefined) => {
  if (!command) return;
  exchange.isCut = proxy.isCut(command);
  exchange.isUnheard = proxy.isUnheard(command);
  exchange.lateMs = proxy.lateMs(command);
  if (writes.includes(command.name)) (exchange.isCut ? proxy.cut : proxy.passed).push(command);
};

const passBack = ({ isUnheard, lateMs }: Exchange, client: Socket, bytes: Buffer) => {
  if (isUnheard) client.destroy();
  else if (lateMs > 0) setTimeout(() => client.writable && client.write(bytes), lateMs);
  else client.write(bytes);
};

const lengthOf = (bytes: Buffer) => (bytes.length < 4 ? Number.POSITIVE_INFINITY : bytes.readInt32LE(0));

const writes = ['insert', 'update', 'delete', 'findAndModify'];
const opMsg = 2013;

/** Returns the command in an OP_MSG (16 bytes header, 4 bytes flags, sections), or undefined for other messages. */
const readCommand = (message: Buffer): Command | undefined => {
  if (message.readInt32LE(12) !== opMsg) return undefined;
  let command: { name: string; collection: string } | undefined;
  let statements = 0;
  for (let at = 20; at < message.length; ) {
    // kind 1: a name and a sequence of documents; kind 0: one document, the command itself
    const isSequence = message[at] === 1;
    const size = message.readInt32LE(at + 1);
    if (isSequence) statements += countDocuments(message.subarray(message.indexOf(0, at + 5) + 1, at + 1 + size));
    else command = readFirstField(message.subarray(at + 1, at + 1 + size));
    at += 1 + size;
  }
  return command && { ...command, statements };
};

/**
 * Reads the first field of a command: its name, often with the collection as the value. The format is [size: i32]
 * [type 2: text] [name] 0 [size: i32] [text] 0.
 */
const readFirstField = (document: Buffer) => {
  const nameEnd = document.indexOf(0, 5);
  if (document[4] !== 2) return { name: document.toString('utf8', 5, nameEnd), collection: '' };
  const size = document.readInt32LE(nameEnd + 1);
  return {
    name: document.toString('utf8', 5, nameEnd),
    collection: document.toString('utf8', nameEnd + 5, nameEnd + 4 + size),
  };
};

const countDocuments = (bytes: Buffer): number => {
  let count = 0;
  for (let at = 0; at < bytes.length; at += bytes.readInt32LE(at)) count += 1;
  return count;
};
