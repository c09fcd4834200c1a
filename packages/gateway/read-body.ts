import type { FaultCode } from '@muster/model';
import type { Context, Next } from 'koa';
import { decompress, encodingsKnown, isKnownEncoding } from './decompress.ts';
import { giveProblem } from './on-koa.ts';
import { type ParsedJson, parseJson } from './parse-json.ts';
import type { Problem } from './problem.ts';
import { type BytesRead, readBytes } from './read-bytes.ts';

declare module 'koa' {
  interface Request {
    body: NonNullable<unknown> | null | undefined; // set after readBody
  }
}

/** The maximum size of a decompressed body, in bytes. */
export const bodyBytesMax = 64 * 1024;

const compressionBytesMax = 1_024; // the most that compression may add to an incompressible body

/** Reads the body of a request as JSON into `ctx.request.body`. An invalid body is answered with 400, 413 or 415. */
export const readBody = (ctx: Context, next: Next): Promise<void> => readJson(ctx, next, parseJson);

/** The same for a body that is kept as it comes. An empty one is no object, and is answered with 400, too. */
export const readWholeBody = (ctx: Context, next: Next): Promise<void> => readJson(ctx, next, parseWhole);

const readJson = async (ctx: Context, next: Next, parse: (bytes: Buffer) => ParsedJson): Promise<void> => {
  const encodings = encodingsOf(ctx);
  const unsupported = findUnsupported(ctx, encodings);
  if (unsupported) return giveProblem(ctx, unsupported);
  const [encoding] = encodings;
  const read = encoding ? await readCompressed(ctx, encoding) : await readBytes(ctx.req, bodyBytesMax);
  if (read.kind === 'tooLarge') return giveProblem(ctx, tooLarge);
  if (read.kind === 'broken') return giveProblem(ctx, invalidBody(`the body is not valid ${encoding}: ${read.why}`));
  if (read.kind === 'cutShort') return giveProblem(ctx, cutShort);
  const parsed = parse(read.bytes);
  if (parsed.kind === 'problem') return giveProblem(ctx, invalidBody(parsed.why, parsed.pointer, parsed.code));
  ctx.request.body = parsed.value as object;
  return next();
};

const parseWhole = (bytes: Buffer): ParsedJson =>
  bytes.length > 0
    ? parseJson(bytes)
    : { kind: 'problem', why: 'the body is empty: expected a JSON object', code: 'not-an-object', pointer: '' };

/** Reads a body that is optional. A missing body counts as `{}`. */
export const readAnyBody = (ctx: Context, next: Next): Promise<void> => {
  if (ctx.get('Transfer-Encoding') !== '' || Number(ctx.get('Content-Length')) > 0) return readBody(ctx, next);
  ctx.request.body = {};
  return next();
};

/** The content encodings of a body, in the order in which they were applied, without `identity`. */
const encodingsOf = (ctx: Context): string[] => {
  const names = ctx.get('Content-Encoding').split(',');
  return names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '' && name !== 'identity');
};

const findUnsupported = (ctx: Context, encodings: string[]): Problem | undefined => {
  const type = ctx.is('json', '+json');
  if (!type) {
    const given = type === null ? 'The request has no body' : `The content type is ${contentTypeOf(ctx)}`;
    return unsupportedMediaType(`${given}; send a JSON object with Content-Type: application/json`);
  }
  const { charset } = ctx.request;
  if (!/^(utf-?8)?$/i.test(charset))
    return unsupportedMediaType(`The charset is ${charset.slice(0, 80)}; send JSON in UTF-8, which needs no charset`);
  if (encodings.length > 1 || !encodings.every(isKnownEncoding)) {
    ctx.set('Accept-Encoding', encodingsKnown);
    const given = encodings.join(', ').slice(0, 80);
    return unsupportedMediaType(`The content encoding is ${given}; send none, or one of ${encodingsKnown}`);
  }
  return undefined;
};

const contentTypeOf = (ctx: Context): string => (ctx.get('Content-Type') || 'none').slice(0, 80);

const readCompressed = async (ctx: Context, encoding: string): Promise<BytesRead | { kind: 'broken'; why: string }> => {
  const read = await readBytes(ctx.req, bodyBytesMax + compressionBytesMax);
  return read.kind === 'bytes' ? decompress(encoding, read.bytes, bodyBytesMax) : read;
};

const unsupportedMediaType = (detail: string): Problem => ({
  name: 'unsupported-media-type',
  detail,
});

const tooLarge: Problem = {
  name: 'body-too-large',
  detail: `The body is larger than ${bodyBytesMax} bytes, which is the most`,
};

/** The body is not JSON that all readers understand alike: why, and where. */
export const invalidBody = (why: string, pointer = '', code: FaultCode = 'unreadable-body'): Problem => ({
  name: 'invalid-body',
  detail: `${pointer === '' ? '' : `${pointer.slice(0, 200)}: `}${why.slice(0, 200)}`,
  errors: [{ pointer, code, detail: why.slice(0, 200) }],
});

/** The client disconnected during the upload. */
export const cutShort: Problem = invalidBody('the connection closed before the end of the body');
