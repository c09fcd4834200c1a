import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { aborted, pause, runProgram } from '@muster/runtime';
import { type WebSocket, WebSocketServer } from 'ws';
import { type BroadcastTask, timePlace } from './broadcast.ts';
import { readMachineMs } from './machine-clock.ts';
import { timeOf } from './requests.ts';

// The limit of a feed: a server that sends the same bytes to all its connections, and does nothing else.

/** A plain value, changed only in this file. */
type Clients = { responses: Set<ServerResponse>; sockets: Map<WebSocket, Duplex> };

const answer = async (clients: Clients, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  switch (request.url) {
    case '/memory':
      collectGarbage();
      return void response.end(JSON.stringify(process.memoryUsage()));
    case '/broadcast':
      await broadcast(clients, JSON.parse(await text(request)));
      return void response.end();
    default:
      response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' }).flushHeaders();
      clients.responses.add(response);
      response.once('close', () => clients.responses.delete(response));
  }
};

const broadcast = async (clients: Clients, { message, perSecond, perBatch, seconds }: BroadcastTask): Promise<void> => {
  const [before = '', after = ''] = message.split(timePlace);
  const startedAt = performance.now();
  const aheadMs = readMachineMs() - startedAt;
  for (let batch = 0; batch * perBatch < perSecond * seconds; batch += 1) {
    const dueAt = startedAt + (batch * perBatch * 1_000) / perSecond;
    while (performance.now() < dueAt) await pause(1);
    sendToAll(clients, Buffer.from(before + timeOf(dueAt + aheadMs) + after), perBatch);
  }
};

// the messages of a batch go to a connection together, as fast as this can be
const sendToAll = ({ responses, sockets }: Clients, bytes: Buffer, times: number): void => {
  for (const response of responses) {
    response.cork();
    for (let sent = 0; sent < times; sent += 1) response.write(bytes);
    response.uncork();
  }
  for (const [socket, stream] of sockets) {
    stream.cork();
    for (let sent = 0; sent < times; sent += 1) socket.send(bytes, { binary: false });
    stream.uncork();
  }
};

// without an argument of node, as the program is started like the others
const collectGarbage = (): void => {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
};

await runProgram('bench-broadcaster', async (_environment, signal) => {
  const clients: Clients = { responses: new Set(), sockets: new Map() };
  const server = createServer((request, response) => void answer(clients, request, response));
  const upgrades = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
  server.on('upgrade', (request, stream, head) =>
    upgrades.handleUpgrade(request, stream, head, (socket) => {
      clients.sockets.set(socket, stream);
      socket.on('error', () => undefined); // 'close' follows
      socket.once('close', () => clients.sockets.delete(socket));
    }),
  );
  server.listen(0, '127.0.0.1', () => process.send?.({ kind: 'ready', port: (server.address() as AddressInfo).port }));
  await aborted(signal);
  for (const socket of clients.sockets.keys()) socket.terminate();
  server.closeAllConnections();
  server.close();
  return 0;
});
