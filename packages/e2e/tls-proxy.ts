import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { generate } from 'selfsigned';

/** A private key and its certificate, both as PEM. */
export type Certificate = { key: string; cert: string };

/** The times between which a certificate is valid, and the addresses that it is for. */
export type About = { from?: Date; until?: Date; ip?: string };

export type TlsProxy = AsyncDisposable & {
  /** The address of this proxy on 127.0.0.1. */
  url: string;
  /** How many connections were tried. */
  tried: number;
  /** What clients sent inside of TLS. */
  sent: string;
};

/** Makes a self-signed certificate, for 127.0.0.1 and a day unless told otherwise. */
export const makeCertificate = async ({ from, until, ip = '127.0.0.1' }: About = {}): Promise<Certificate> => {
  // OpenSSL looks for trusted certificates by this name
  const { private: key, cert } = await generate([{ name: 'commonName', value: randomUUID() }], {
    ...{ keyType: 'ec', algorithm: 'sha256', notBeforeDate: from, notAfterDate: until ?? new Date(Date.now() + dayMs) },
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip }] },
    ],
  });
  return { key, cert };
};

const dayMs = 86_400_000;

/** Opens a proxy on 127.0.0.1 that ends TLS and passes the bytes on to a port of this machine. */
export const openTlsProxy = async (port: number, certificate: Certificate): Promise<TlsProxy> => {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined); // `close` follows
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer(certificate, (client) => {
    const gateway = connect({ host: '127.0.0.1', port });
    keep(client);
    keep(gateway);
    client.once('close', () => gateway.destroy());
    gateway.once('close', () => client.destroy());
    client.on('data', (bytes) => (proxy.sent += bytes));
    client.pipe(gateway).pipe(client);
  });
  server.on('connection', (socket: Socket) => {
    proxy.tried += 1;
    keep(socket);
  });
  server.on('tlsClientError', () => undefined); // the client refuses the certificate
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const proxy: TlsProxy = { url, tried: 0, sent: '', [Symbol.asyncDispose]: close };
  return proxy;
};
