import { createServer, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import { type BytesRead, readBytes } from './read-bytes.ts';

const bytesMax = 1_000;
const head = (more: string) => `POST / HTTP/1.1\r\nHost: muster\r\n${more}\r\n\r\n`;

/** Opens a server that reads the body of one request after `until` ends. Returns the request and the result. */
const openReader = async (until: (req: IncomingMessage) => Promise<unknown> = async () => undefined) => {
  const server = createServer();
  const read = new Promise<{ req: IncomingMessage; read: BytesRead }>((resolve) => {
    server.on('request', async (req, res) => {
      await until(req);
      const got = await readBytes(req, bytesMax);
      res.end();
      resolve({ req, read: got });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, read, [Symbol.asyncDispose]: close };
};

describe('Reading the bytes of a body', () => {
  it('returns the bytes as sent, even in many small chunks', async () => {
    await using reader = await openReader();
    const body = Buffer.from(Array.from({ length: bytesMax }, (_, index) => index % 251));
    const upload = request({ port: reader.port, method: 'POST' }).on('error', () => undefined);
    for (const byte of body) upload.write(Buffer.from([byte]));
    upload.end();
    expect((await reader.read).read).to.deep.equal({ kind: 'bytes', bytes: body });
  });

  it('returns no bytes for a request without a body', async () => {
    await using reader = await openReader();
    connect(reader.port).end(head('X-Nothing: here'));
    expect((await reader.read).read).to.deep.equal({ kind: 'bytes', bytes: Buffer.alloc(0) });
  });

  for (const [name, more, body] of [
    ['by its length', `Content-Length: ${bytesMax + 1}`, ''],
    ['in one chunk', 'Transfer-Encoding: chunked', `${(bytesMax + 1).toString(16)}\r\n${'x'.repeat(bytesMax + 1)}\r\n`],
  ] as const)
    it(`stops at a body that is too large ${name}, before its end`, async () => {
      await using reader = await openReader();
      connect(reader.port).write(head(more) + body);
      const { read, req } = await reader.read;
      expect([read.kind, req.complete]).to.deep.equal(['tooLarge', false]);
    });

  it('ends when the connection closes before the end of the body, and removes its listeners', async () => {
    await using reader = await openReader();
    const socket = connect(reader.port);
    socket.write(`${head('Content-Length: 500')}{`, () => socket.destroy());
    const { read, req } = await reader.read;
    expect([read.kind, req.listenerCount('data'), req.listenerCount('end')]).to.deep.equal(['cutShort', 0, 0]);
  });

  it('ends at once when the connection closed before the read', async () => {
    await using reader = await openReader((req) => new Promise((resolve) => req.once('close', resolve)));
    const socket = connect(reader.port);
    socket.write(`${head('Content-Length: 500')}{`, () => socket.destroy());
    expect((await reader.read).read.kind).to.equal('cutShort');
  });
});
