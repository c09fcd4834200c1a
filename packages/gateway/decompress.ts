import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';

/** The content of a compressed body. `broken`: the body does not fit its encoding; the reason is given. */
export type Decompressed = { kind: 'bytes'; bytes: Buffer } | { kind: 'tooLarge' } | { kind: 'broken'; why: string };

/**
 * A function of node:zlib that returns the whole result. With `info` it also returns the engine, which counts the bytes
 * that it read.
 */
type Decoder = (bytes: Buffer, options: { maxOutputLength: number; info: boolean }) => unknown;

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync], // RFC 9110, 8.4.1.3
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
]);

/** The content encodings that clients may use, in the form of an `Accept-Encoding` header. */
export const encodingsKnown = 'gzip, deflate, br';

export const isKnownEncoding = (encoding: string): boolean => decoders.has(encoding);

/**
 * Decompresses a whole body into at most `bytesMax` bytes. Takes less than a millisecond for bodies of the allowed
 * size.
 */
export const decompress = (encoding: string, body: Buffer, bytesMax: number): Decompressed => {
  const decode = decoders.get(encoding);
  if (!decode) return { kind: 'broken', why: `the encoding ${encoding} is not known` };
  try {
    const { buffer, engine } = decode(body, { maxOutputLength: bytesMax, info: true }) as {
      buffer: Buffer;
      engine: { bytesWritten: number };
    };
    const following = body.length - engine.bytesWritten;
    return following > 0
      ? { kind: 'broken', why: `${following} bytes follow its end` }
      : { kind: 'bytes', bytes: buffer };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'tooLarge' };
    return { kind: 'broken', why: error instanceof Error ? error.message : String(error) };
  }
};
