import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from './metrics.ts';

export type Health = { ready: boolean; details: object };

export type HealthPort = AsyncDisposable & { port: number };

/**
 * Serves these paths until it is disposed:
 * - `/livez`: 200 while the event loop runs
 * - `/readyz`: 200 or 503, with the details that `readHealth` returns
 * - `/metrics`: the metrics as Prometheus text
 * Port 0 selects a free port. Rejects when the port is in use.
 */
export const openHealthPort = async (
  host: string,
  port: number,
  registry: Registry,
  readHealth: () => Health,
): Promise<HealthPort> => {
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', response, registry, readHealth).catch(() => response.destroy());
  });
  server.requestTimeout = 5_000;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, [Symbol.asyncDispose]: close };
};

const answer = async (url: string, response: ServerResponse, registry: Registry, readHealth: () => Health) => {
  const path = url.split('?', 1)[0];
  if (path === '/livez') return send(response, 200, 'application/json', '{"alive":true}');
  if (path === '/metrics') return send(response, 200, registry.contentType, await registry.metrics());
  if (path !== '/readyz')
    return send(response, 404, 'text/plain', 'Not found: this port serves /livez, /readyz and /metrics\n');
  const health = readHealth();
  send(
    response,
    health.ready ? 200 : 503,
    'application/json',
    JSON.stringify({ ready: health.ready, ...health.details }),
  );
};

const send = (response: ServerResponse, status: number, type: string, body: string) => {
  response.writeHead(status, { 'content-type': type }).end(body);
};
