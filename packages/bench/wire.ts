import { connect, createServer, type Server, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  createServer as createTlsServer,
  type TlsOptions,
  connect as tlsConnect,
} from 'node:tls';
import { crc32 } from 'node:zlib';
import { spreadOf } from './statistics.ts';

// Compares kinds of connections between a gateway and an aggregator on this machine: one message and its reply at a
// time. The processor time is that of both ends, as both run in this process.

/** A kind of connection: how to serve and how to connect. `hasCrc`: both ends compute a CRC-32 of each message. */
type Kind = {
  name: string;
  hasCrc: boolean;
  listen: (serve: (socket: Socket) => void) => Promise<{ server: Server; open: () => Promise<Socket> }>;
};

const messages = 10_000;
const rounds = 7;
const requestBytes = 40;
const replyBytes = 200;

const key = Buffer.alloc(32, 7);
const tls = { ciphers: 'PSK-AES128-GCM-SHA256', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};

const listening = (server: Server, where: { port: number } | { path: string }): Promise<void> =>
  new Promise((resolve) => server.listen({ host: '127.0.0.1', ...where }, resolve));

const opened = (socket: Socket, event: string): Promise<Socket> =>
  new Promise((resolve, reject) => socket.once(event, () => resolve(socket)).once('error', reject));

const overTcp: Kind['listen'] = async (serve) => {
  const server = createServer({ noDelay: true }, serve);
  await listening(server, { port: 0 });
  const options = { host: '127.0.0.1', port: portOf(server), noDelay: true };
  return { server, open: () => opened(connect(options), 'connect') };
};

const overUnix: Kind['listen'] = async (serve) => {
  const path = `\0muster-bench-wire-${process.pid}`;
  const server = createServer(serve);
  await listening(server, { path });
  return { server, open: () => opened(connect({ path }), 'connect') };
};

const overTls: Kind['listen'] = async (serve) => {
  const options: TlsOptions = { ...tls, pskCallback: () => key, pskIdentityHint: 'bench' };
  const server = createTlsServer(options, (socket) => serve(socket.setNoDelay(true)));
  await listening(server, { port: 0 });
  const own: ConnectionOptions = {
    ...{ ...tls, host: '127.0.0.1', port: portOf(server) },
    pskCallback: () => ({ psk: key, identity: 'bench' }),
    checkServerIdentity: () => undefined,
  };
  return { server, open: async () => (await opened(tlsConnect(own), 'secureConnect')).setNoDelay(true) };
};

const kinds: Kind[] = [
  { name: 'Unix socket', hasCrc: false, listen: overUnix },
  { name: 'Unix socket with a CRC on each message', hasCrc: true, listen: overUnix },
  { name: 'TCP', hasCrc: false, listen: overTcp },
  { name: 'TCP with a CRC on each message', hasCrc: true, listen: overTcp },
  { name: 'TLS 1.2 with a pre-shared key (AES-128-GCM)', hasCrc: false, listen: overTls },
];

/** Returns the processor time of a message and its reply at both ends, in microseconds. */
const measure = async ({ hasCrc, listen }: Kind): Promise<number> => {
  const check = hasCrc ? crc32 : () => 0;
  const send = (socket: Socket, bytes: number) => {
    const message = Buffer.alloc(bytes);
    check(message);
    socket.write(message);
  };
  const { server, open } = await listen((socket) => {
    socket
      .on('error', () => undefined)
      .on('data', (request) => {
        check(request);
        send(socket, replyBytes);
      });
  });
  const socket = await open();
  const before = process.cpuUsage();
  await new Promise<void>((resolve) => {
    let left = messages;
    socket.on('data', (reply) => {
      check(reply);
      left -= 1;
      if (left > 0) send(socket, requestBytes);
      else resolve();
    });
    send(socket, requestBytes);
  });
  const { user, system } = process.cpuUsage(before);
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  return (user + system) / messages;
};

const taken = kinds.map((kind) => ({ kind, micros: [] as number[] }));
for (const { kind } of taken) await measure(kind); // warms up
for (let round = 0; round < rounds; round += 1)
  for (const { kind, micros } of round % 2 === 0 ? taken : [...taken].reverse()) micros.push(await measure(kind));
const rows = taken.map(({ kind, micros }) => {
  const { median, least, most } = spreadOf(micros);
  return `| ${kind.name} | ${median.toFixed(1)} (${least.toFixed(1)} – ${most.toFixed(1)}) |`;
});
console.log(['| connection | CPU µs of both ends a message |', '|---|---|', ...rows].join('\n'));
