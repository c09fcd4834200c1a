import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { answerText } from './answer-text.ts';
import type { Exchange } from './exchange.ts';
import { type Client, type FastRoad, takePlainRequest } from './fast-road.ts';
import type { Gateway } from './gateway.ts';
import { type LastHead, openLastHead, parsePlainRequest } from './plain-request.ts';

// Node's HTTP server costs a third of the processor time of a read. So plain requests are read and answered here, if
// each arrives as a whole, with nothing before or after it. At anything else, the connection goes to Node's HTTP server
// for good, with the bytes that are not answered yet. So no unusual request, no half request and no slow client is
// handled here.

/** The connections that Node's HTTP server does not have yet. A plain value, changed only in this file. */
export type Connections = {
  gateway: Gateway;
  road: FastRoad;
  server: Server;
  open: Set<Connection>;
  sweep: NodeJS.Timeout;
};

/** `held` are bytes that arrived before the last request was answered. Times are milliseconds, monotonic. */
type Connection = {
  socket: Socket;
  client: Client;
  lastHead: LastHead;
  busy: boolean;
  ended: boolean; // the client sends nothing more
  held: Buffer | undefined;
  quietSince: number;
  requests: number;
};

const sweepEveryMs = 1_000;
const unsentBytesMax = 256 * 1024; // of answers that the client does not read

/**
 * Takes the new connections of the server, before its own listener for connections, which gets those that are not
 * plain. Call `closeIdleConnections` and `closeAllConnections` of this file beside the methods of the server.
 */
export const takeConnections = (gateway: Gateway, road: FastRoad, server: Server): Connections => {
  const takenByNode = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const connections: Connections = {
    gateway,
    road,
    server,
    open: new Set(),
    sweep: setInterval(() => closeQuiet(connections), sweepEveryMs).unref(),
  };
  server.on('connection', (socket: Socket) =>
    open(connections, socket, () => {
      for (const take of takenByNode) take.call(server, socket);
    }),
  );
  server.once('close', () => clearInterval(connections.sweep));
  return connections;
};

/** Closes the connections without a request. */
export const closeIdleConnections = ({ open }: Connections): void => {
  for (const { busy, socket } of open) if (!busy && socket.writableLength === 0) socket.destroy();
};

/** Closes all connections, also those whose request is not answered. */
export const closeAllConnections = ({ open }: Connections): void => {
  for (const { socket } of open) socket.destroy();
};

const open = (connections: Connections, socket: Socket, passToNode: () => void) => {
  const connection: Connection = {
    socket,
    client: { send: (exchange) => answer(connections, connection, exchange, handOver), cut: () => socket.destroy() },
    lastHead: openLastHead(),
    busy: false,
    ended: false,
    held: undefined,
    quietSince: performance.now(),
    requests: 0,
  };
  const handOver = (bytes: Buffer) => {
    socket.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose);
    connections.open.delete(connection);
    socket.unshift(bytes);
    passToNode();
  };
  const onData = (bytes: Buffer) => {
    if (connection.busy) return hold(connection, bytes);
    if (!takeBytes(connections, connection, bytes)) handOver(bytes);
  };
  const onEnd = () => {
    connection.ended = true;
    if (!connection.busy) socket.end();
  };
  const onError = () => undefined; // 'close' follows
  const onClose = () => connections.open.delete(connection);
  connections.open.add(connection);
  socket.on('data', onData).on('end', onEnd).on('error', onError).on('close', onClose);
};

/** Takes a request. Returns false if it is not a plain one, or if no further request is taken here. */
const takeBytes = (connections: Connections, connection: Connection, bytes: Buffer): boolean => {
  const { gateway, road } = connections;
  if (gateway.standing.stopping || connection.socket.writableLength > unsentBytesMax) return false;
  const request = parsePlainRequest(bytes, connection.lastHead);
  if (!request) return false;
  connection.busy = true;
  connection.requests += 1;
  if (takePlainRequest(gateway, road, connection.client, request)) return true;
  connection.busy = false;
  return false;
};

/** Keeps what arrives before the answer. No more is read meanwhile. */
const hold = (connection: Connection, bytes: Buffer) => {
  connection.socket.pause();
  connection.held = connection.held ? Buffer.concat([connection.held, bytes]) : bytes;
};

const answer = (
  { gateway, server }: Connections,
  connection: Connection,
  exchange: Exchange,
  handOver: (bytes: Buffer) => void,
) => {
  const { socket, held } = connection;
  const isLast = gateway.standing.stopping || connection.ended;
  const text = answerText(exchange, server.keepAliveTimeout, isLast);
  connection.busy = false;
  connection.quietSince = performance.now();
  if (isLast) return void socket.end(text, 'latin1');
  socket.write(text, 'latin1');
  if (!held || socket.destroyed) return; // Node would wait for the close of a closed connection for ever
  handOver(held);
  socket.resume();
};

/** Closes the connections that have been without a request for too long, as the server does. */
const closeQuiet = ({ open, server }: Connections) => {
  const now = performance.now();
  for (const { busy, quietSince, requests, socket } of open)
    if (!busy && now - quietSince > (requests > 0 ? server.keepAliveTimeout : server.headersTimeout)) socket.destroy();
};
