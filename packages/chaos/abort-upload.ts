import { connect, type Socket } from 'node:net';
import { pause } from '@muster/runtime';
import { nextRandom, pickFrom, type Seeded } from '@muster/testing';

const head = (more: string) =>
  `POST /api/user HTTP/1.1\r\nHost: muster\r\nContent-Type: application/json\r\n${more}\r\n\r\n`;

/** The beginnings of uploads that never end: compressed, plain, in chunks. */
const beginnings: readonly Buffer[] = [
  Buffer.concat([
    Buffer.from(head('Content-Encoding: gzip\r\nContent-Length: 500')),
    Buffer.from('1f8b0800000000000003ab56', 'hex'),
  ]),
  Buffer.from(`${head('Content-Length: 500')}{"na`),
  Buffer.from(`${head('Transfer-Encoding: chunked')}4\r\n{"na\r\n`),
];

const holdMsMax = 50;

/**
 * Begins an upload to one of the gateways and breaks the connection within 50 ms. The body is never complete, so
 * nothing may be written. Returns false if the connection failed, for instance because the gateway is down. Never
 * throws.
 */
export const abortUpload = async (urls: readonly string[], random: Seeded, signal: AbortSignal): Promise<boolean> => {
  const [url, begin] = [pickFrom(random, urls), pickFrom(random, beginnings)];
  const holdMs = holdMsMax * nextRandom(random);
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  try {
    if (!(await isConnected(socket))) return false;
    socket.write(begin);
    await pause(holdMs, signal);
    return true;
  } finally {
    socket.destroy();
  }
};

const connectWithinMs = 1_000; // a paused gateway does not accept connections

const isConnected = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => {
    socket.on('error', () => resolve(false)).once('connect', () => resolve(true));
    socket.setTimeout(connectWithinMs, () => resolve(false));
  });
