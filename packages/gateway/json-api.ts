import type { Entity } from '@muster/model';
import type { Context, Middleware, Next } from 'koa';
import { giveProblem } from './on-koa.ts';
import type { Problem } from './problem.ts';

// Documents, errors and links of JSON:API 1.1 (https://jsonapi.org/format/1.1/) for clients that ask for them. The
// routes know nothing of it: what they answer is translated here.

/** The media type of JSON:API. */
export const jsonApiType = 'application/vnd.api+json';

/** Translates answers for clients that accept JSON:API, or send it and accept anything. */
export const speakJsonApi =
  (entities: readonly Entity[]): Middleware =>
  async (ctx, next) => {
    await next();
    if (wantedIn(ctx.get('Accept'), isSent(ctx)) !== 'no') translate(ctx, entities);
  };

/** Answers 406 to a client that wants JSON:API with an extension or another parameter, which the standard demands. */
export const refuseExtensions: Middleware = (ctx, next) =>
  wantedIn(ctx.get('Accept'), isSent(ctx)) === 'modified' ? giveProblem(ctx, notAcceptable) : next();

/** Whether the body of the request is a JSON:API document. */
export const isSent = (ctx: Context): boolean => mediaTypeOf(ctx.get('Content-Type')) === jsonApiType;

type Wanted = 'yes' | 'no' | 'modified';

/** What a client wants by its header `Accept`. `isSent`: it sends JSON:API. Pure. */
export const wantedIn = (accept: string, isSent: boolean): Wanted => {
  const ranges = accept.split(',');
  const named = ranges.filter((range) => mediaTypeOf(range) === jsonApiType && weightOf(range) > 0);
  const plain = ranges.filter((range) => ['application/json', '*/*'].includes(mediaTypeOf(range)));
  const preferred = Math.max(0, ...named.filter(isPlain).map(weightOf));
  if (preferred > 0) return preferred >= Math.max(0, ...plain.map(weightOf)) ? 'yes' : 'no';
  if (named.length > 0) return 'modified';
  return isSent && /^\s*(\*\/\*.*)?$/.test(accept) ? 'yes' : 'no';
};

/** Whether a media type has no parameter that JSON:API forbids. A profile may be ignored, an extension not. Pure. */
export const isPlain = (range: string): boolean =>
  range
    .split(';')
    .slice(1)
    .every((parameter) => /^\s*(q|profile)\s*=/.test(parameter) || parameter.trim() === '');

const weightOf = (range: string): number => Number(/;\s*q\s*=\s*([\d.]+)/i.exec(range)?.[1] ?? 1);

const mediaTypeOf = (range: string): string => (range.split(';')[0] ?? '').trim().toLowerCase();

const notAcceptable: Problem = {
  name: 'not-acceptable',
  detail: `Accept names ${jsonApiType} only with parameters; send it without any, as this service has no extensions`,
};

const translate = (ctx: Context, entities: readonly Entity[]) => {
  if (typeof ctx.body !== 'string' && !Buffer.isBuffer(ctx.body)) return; // such as a 204
  const isProblem = ctx.type === 'application/problem+json';
  if (!isProblem && ctx.type !== 'application/json') return;
  const path = isProblem ? '' : ctx.path; // an address that is refused may have none
  const entity = entities.find((one) => path === one.path || path.startsWith(`${one.path}/`));
  if (!isProblem && !entity) return;
  const said = JSON.parse(ctx.body.toString());
  const links = linksOf(ctx.response.get('Link') ?? '');
  const document = isProblem
    ? errorsOf(said, isSent(ctx))
    : documentAt(path, entity as Entity, said, versionOf(ctx), links);
  ctx.body = JSON.stringify(document);
  ctx.set('Content-Type', jsonApiType);
};

const documentAt = (
  path: string,
  entity: Entity,
  said: Json[],
  version: number | undefined,
  links: Record<string, string>,
): Json => {
  const rest = path.slice(entity.path.length);
  const [, view = ''] = /^\/views\/([^/]+)\/?$/.exec(rest) ?? [];
  if (entity.views.has(view)) return groupsOf(entity, view, said, links);
  const [, id] = /^\/([^/]+)\/history\/?$/.exec(rest) ?? [];
  return id === undefined ? documentOf(entity, said, version, links) : historyOf(entity, id, said, links);
};

const versionOf = (ctx: Context): number | undefined => {
  const [, version] = /^"(\d+)"$/.exec(ctx.response.get('ETag') ?? '') ?? [];
  return version === undefined ? undefined : Number(version);
};

type Json = Record<string, unknown>;

/** The document about one thing, about many, or about a number. Pure. */
export const documentOf = (
  entity: Entity,
  said: Json | Json[],
  version: number | undefined,
  links: Record<string, string>,
): Json => {
  const resource = (thing: Json, meta: Json = {}) => resourceOf(entity, thing, meta);
  if (Array.isArray(said)) return { data: said.map((thing) => resource(thing)), links };
  if (!Object.hasOwn(said, 'id')) return { meta: said };
  return { data: resource(said, version === undefined ? {} : { meta: { version } }) };
};

const resourceOf = ({ name, path }: Entity, { id, ...attributes }: Json, meta: Json): Json => ({
  type: name,
  id,
  attributes,
  links: { self: `${path}/${id}` },
  ...meta,
});

/** The document about the events of a thing. An attribute must not be named `type`. Pure. */
export const historyOf = ({ name }: Entity, id: string, events: Json[], links: Record<string, string>): Json => ({
  data: events.map(({ type, ...event }) => ({
    type: `${name}-event`,
    id: `${id}:${event.version}`,
    attributes: { eventType: type, ...event },
  })),
  links,
});

/** The document about the groups of a view. The id of a group is its key as JSON: `3`, `"ada"` or `null`. Pure. */
export const groupsOf = ({ name }: Entity, view: string, groups: Json[], links: Record<string, string>): Json => ({
  data: groups.map((group) => ({ type: `${name}-${view}`, id: JSON.stringify(group.key), attributes: group })),
  links,
});

/** The errors of a problem: one for each fault of the input, or the problem itself. Pure. */
export const errorsOf = (problem: Json, isDocument: boolean): Json => {
  const { type, title, status, detail, errors, ...meta } = problem;
  const about = { status: String(status), title, links: { type } };
  if (!Array.isArray(errors)) return { errors: [{ ...about, code: codeOf(type), detail, meta }] };
  return {
    errors: errors.map(({ pointer, detail: fault, ...more }) => ({
      ...about,
      code: codeOf(type),
      detail: fault,
      ...(pointer === '' ? {} : { source: { pointer: isDocument ? pointerInto(pointer) : pointer } }),
      meta: { ...meta, ...more },
    })),
  };
};

const codeOf = (type: unknown): string => String(type).replace(/^.*[:/]/, '');

// the client sent the fields as attributes
const pointerInto = (pointer: string): string =>
  pointer === '/id' || pointer.startsWith('/data')
    ? pointer.replace(/^\/id$/, '/data/id')
    : `/data/attributes${pointer}`;

/** Parses the header `Link` of a list. Pure. */
export const linksOf = (header: string): Record<string, string> =>
  Object.fromEntries([...header.matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(([, address, name]) => [name, address]));

/** Takes the input out of the body if that is a JSON:API document. 400, 409 or 415 if it does not fit. */
export const unwrapDocument =
  ({ name }: Entity) =>
  (ctx: Context, next: Next): Promise<void> | void => {
    if (!isSent(ctx)) return next();
    if (!isPlain(ctx.get('Content-Type'))) return giveProblem(ctx, notSupported);
    const taken = takeDocument(name, ctx.request.body);
    if (taken.kind === 'problem') return giveProblem(ctx, taken.problem);
    ctx.request.body = taken.input;
    return next();
  };

const notSupported: Problem = {
  name: 'unsupported-media-type',
  detail: `The content type is ${jsonApiType} with parameters; send it without any, as this service has no extensions`,
};

export type Taken = { kind: 'input'; input: Json } | { kind: 'problem'; problem: Problem };

/** Takes the input of a command out of a JSON:API document. A problem if it is no resource of this type. Pure. */
export const takeDocument = (entity: string, body: unknown): Taken => {
  const data = isObject(body) ? body.data : undefined;
  if (!isObject(data)) return misfit('invalid-document', '/data', 'expected an object with "type" and "attributes"');
  const { type, id, attributes = {}, ...others } = data;
  if (type !== entity) return misfit('other-type', '/data/type', `expected "${entity}", the type of this address`);
  if (!isObject(attributes)) return misfit('invalid-document', '/data/attributes', 'expected an object');
  const [other] = Object.keys(others).filter((name) => !['links', 'meta'].includes(name));
  if (other !== undefined)
    return misfit('invalid-document', `/data/${other}`, 'is not supported: send attributes only');
  if (Object.hasOwn(attributes, 'id'))
    return misfit('invalid-document', '/data/attributes/id', 'the id belongs beside the attributes');
  return { kind: 'input', input: id === undefined ? attributes : { id, ...attributes } };
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const misfit = (name: 'invalid-document' | 'other-type', pointer: string, detail: string): Taken => ({
  kind: 'problem',
  problem: { name, detail: `${pointer}: ${detail}`, errors: [{ pointer, code: 'invalid', detail }] },
});
