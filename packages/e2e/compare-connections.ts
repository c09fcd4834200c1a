import { connect, type Socket } from 'node:net';
import { create } from './odd-bytes.ts';

// Sends the same bytes twice, with ids of their own: on a new connection, which the gateway reads itself as long as
// all requests are plain, and on one that Node's HTTP server has already. The answers must be equal.

/** What differed: the bytes, and both answers. */
export type Difference = { sent: string; own: string; nodes: string };

export const random = (seed: number) => {
  let state = seed >>> 0;
  // Mulberry32 (Tommy Ettinger, public domain)
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/**
 * Compares the answers to these pieces, each sent by itself and without a wait. `{id}` stands for the id of a user that
 * exists. Node works on requests that come together at the same time, so they must not depend on each other.
 */
export const compareConnections = async (
  url: string,
  pieces: readonly string[],
  id: string,
): Promise<Difference | undefined> => {
  const own = await answersOn(url, pieces, `o${id}`, false);
  const nodes = await answersOn(url, pieces, `n${id}`, true);
  return own === nodes ? undefined : { sent: JSON.stringify(pieces), own, nodes };
};

const quietMs = 700; // both wait for more bytes, or one has lost an answer
const last = 'GET /api/user/never HTTP/1.1\r\nHost: muster\r\nX-Request-Id: last\r\nConnection: close\r\n\r\n';
const forNode = 'GET /api/user/never HTTP/1.1\r\nHost: muster\r\nCookie: a=b\r\n\r\n';

const answersOn = async (url: string, pieces: readonly string[], id: string, isNodes: boolean): Promise<string> => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const received = receive(socket);
  await write(socket, create.replaceAll('{id}', id));
  await received.next();
  if (isNodes) {
    await write(socket, forNode);
    await received.next();
  }
  const from = received.text().length;
  for (const piece of [...pieces, last]) await write(socket, piece.replaceAll('{id}', id));
  await received.end();
  return normal(received.text().slice(from), id);
};

const write = (socket: Socket, text: string) =>
  new Promise<void>((resolve) => {
    if (socket.destroyed) return resolve();
    // the gateway, in this process, reads before the second turn of the event loop: each piece arrives by itself
    socket.write(text, 'latin1', () => setImmediate(() => setImmediate(resolve)));
  });

const receive = (socket: Socket) => {
  let text = '';
  let next: (() => void) | undefined;
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    next?.();
  });
  socket.on('error', () => undefined); // 'close' follows
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return {
    text: () => text,
    next: () => new Promise<void>((resolve) => (next = resolve)),
    end: async () => {
      const quiet = setTimeout(() => socket.destroy(), quietMs);
      socket.on('data', () => quiet.refresh());
      await closed;
      clearTimeout(quiet);
    },
  };
};

// times, ages, new ids, and whether the rest of a refused request has arrived already differ between equal answers
const normal = (text: string, id: string): string =>
  text
    .replaceAll(id, '{id}')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, '{new}')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '{time}')
    .replace(/[0-9a-f]{16}-\d+/g, '{request}')
    .replace(/^(Date|Muster-Lag-Ms|Muster-Source|Content-Length): .*$/gm, '$1');
