import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openSeeded, until } from '@muster/testing';
import { expect } from 'chai';
import { abortUpload } from './abort-upload.ts';

/** Opens a server that reads uploads and notes the encoding of each and whether it was complete. */
const openReader = async () => {
  const seen: { encoding: string; isWhole: boolean }[] = [];
  const note = ({ headers, complete }: IncomingMessage) =>
    seen.push({
      encoding: headers['content-encoding'] ?? headers['transfer-encoding'] ?? 'plain',
      isWhole: complete,
    });
  const server = createServer((request) => request.on('error', () => undefined).on('close', () => note(request)));
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close };
};

const noSignal = () => new AbortController().signal;

describe('An aborted upload', () => {
  it('begins in each of the three ways and is never complete', async () => {
    await using reader = await openReader();
    const random = openSeeded(1);
    const sent = await Promise.all(Array.from({ length: 30 }, () => abortUpload([reader.url], random, noSignal())));
    expect(sent).not.to.include(false);
    const kinds = () => new Set(reader.seen.map(({ encoding }) => encoding));
    await until('each kind was read', () => kinds().size === 3);
    expect(reader.seen.filter(({ isWhole }) => isWhole)).to.deep.equal([]);
  });

  it('is not sent if no server listens', async () => {
    const reader = await openReader();
    await reader[Symbol.asyncDispose]();
    expect(await abortUpload([reader.url], openSeeded(1), noSignal())).to.equal(false);
  });
});
