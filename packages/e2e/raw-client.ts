import { connect, type Socket } from 'node:net';

/** All that a raw connection returned until its end, the error if it had one, and how long it took in `ms`. */
export type RawReply = { text: string; status: number; body: string; failure: string | undefined; ms: number };

/** Connects to the host and port of a URL. Reads nothing yet. */
export const connectRaw = async (url: string): Promise<Socket> => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
};

/** Sends all pieces before it reads anything, as simple clients do. Then it reads until the server closes. */
export const writeThenRead = async (url: string, pieces: Iterable<string | Buffer>): Promise<RawReply> => {
  const startedAt = performance.now();
  const socket = await connectRaw(url);
  const failures: string[] = [];
  socket.on('error', ({ message }) => failures.push(message));
  for (const piece of pieces) {
    if (socket.destroyed) break;
    await new Promise((resolve) => socket.write(piece, resolve));
  }
  const text = await readToEnd(socket);
  return { ...partsOf(text), failure: failures[0], ms: performance.now() - startedAt };
};

/** Reads until the server closes, or the connection has failed. */
export const readToEnd = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const settle = () => {
      socket.destroy();
      resolve(Buffer.concat(chunks).toString());
    };
    if (socket.destroyed) return settle();
    socket.on('data', (chunk) => chunks.push(chunk)).once('end', settle);
    socket.once('close', settle);
  });

const partsOf = (text: string) => {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2);
  return { text, status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0), body };
};
