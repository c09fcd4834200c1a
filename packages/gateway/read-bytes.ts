import type { IncomingMessage } from 'node:http';

/**
 * The bytes of a request's body. `tooLarge`: the body is larger than the limit. `cutShort`: the connection closed
 * before its end.
 */
export type BytesRead = { kind: 'bytes'; bytes: Buffer } | { kind: 'tooLarge' } | { kind: 'cutShort' };

const chunksMax = 100; // then they are merged: a body that arrives byte by byte must not need a buffer per byte

/**
 * Reads a request's body, at most `bytesMax` bytes. Settles at the end of the body, or when the connection closes.
 * Never throws. If the body is too large, the rest stays unread.
 */
export const readBytes = (req: IncomingMessage, bytesMax: number): Promise<BytesRead> =>
  new Promise((resolve) => {
    if (req.destroyed) return resolve({ kind: 'cutShort' }); // 'close' may have been emitted already
    if (Number(req.headers['content-length']) > bytesMax) return resolve({ kind: 'tooLarge' });
    const chunks: Buffer[] = [];
    let bytes = 0;
    const settle = (read: BytesRead) => {
      req.off('data', take).off('end', end).off('close', fail).pause();
      resolve(read);
    };
    const take = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) return settle({ kind: 'tooLarge' });
      chunks.push(chunk);
      if (chunks.length === chunksMax) chunks.splice(0, chunksMax, Buffer.concat(chunks));
    };
    const end = () => settle({ kind: 'bytes', bytes: Buffer.concat(chunks) });
    const fail = () => settle({ kind: 'cutShort' }); // also after an 'error'
    req.on('data', take).on('end', end).on('close', fail);
  });
