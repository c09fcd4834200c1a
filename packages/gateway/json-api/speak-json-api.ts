import type { Entity } from '@muster/model';
import type { Context, Middleware } from 'koa';
import { giveProblem } from '../on-koa.ts';
import type { Problem } from '../problem.ts';
import { documentOf, groupsOf, historyOf, type Json, type Links, linksOf } from './documents.ts';
import { errorsOf } from './errors.ts';
import { jsonApiType, type Wanted, wantedIn, wantsStream } from './negotiate.ts';
import { isSent, sentIn } from './take-document.ts';

// Documents, errors and links of JSON:API 1.1 (https://jsonapi.org/format/1.1/) for clients that ask for them, and for
// all clients of entities with this format. The routes know nothing of it: what they answer is translated here.

/** Translates answers for clients that accept JSON:API, or send it and accept anything. */
export const speakJsonApi =
  (entities: readonly Entity[]): Middleware =>
  async (ctx, next) => {
    await next();
    if (wantedFrom(ctx, entities) !== 'no') translate(ctx, entities);
  };

/** Answers 406 to a client that wants JSON:API with an extension or another parameter, which the standard demands. */
export const refuseExtensions =
  (entities: readonly Entity[]): Middleware =>
  (ctx, next) =>
    wantedFrom(ctx, entities) === 'modified' ? giveProblem(ctx, notAcceptable) : next();

/** Whether a client gets server-sent events rather than the format that it would get of this address. */
export const wantsStreamAt = (entities: readonly Entity[], ctx: Context): boolean =>
  wantsStream(ctx.get('Accept'), wantedFrom(ctx, entities) === 'yes' ? jsonApiType : 'application/json');

/** Whether the client of a request gets JSON:API. */
export const wantedFrom = (ctx: Context, entities: readonly Entity[]): Wanted =>
  wantedIn(ctx.get('Accept'), isSent(ctx), entityAt(entities, pathOf(ctx))?.http.format ?? 'json');

/** The path of a request. An address that is refused may have none. */
const pathOf = (ctx: Context): string => {
  try {
    return ctx.path ?? '';
  } catch {
    return '';
  }
};

const queryOf = (ctx: Context): Json => (pathOf(ctx) === '' ? {} : ctx.query);

const entityAt = (entities: readonly Entity[], path: string): Entity | undefined =>
  entities.find((one) => path === one.path || path.startsWith(`${one.path}/`));

const notAcceptable: Problem = {
  name: 'not-acceptable',
  detail: `Accept names ${jsonApiType} only with parameters; send it without any, as this service has no extensions`,
};

const translate = (ctx: Context, entities: readonly Entity[]) => {
  if (typeof ctx.body !== 'string' && !Buffer.isBuffer(ctx.body)) return; // such as a 204
  const isProblem = ctx.type === 'application/problem+json';
  if (!isProblem && ctx.type !== 'application/json') return;
  const path = pathOf(ctx);
  const entity = entityAt(entities, path);
  if (!isProblem && !entity) return;
  const parsed = JSON.parse(ctx.body.toString());
  const said = isProblem ? parsed : selectFrom(parsed, ctx.state.fields);
  const links = linksOf(ctx.response.get('Link') ?? '');
  const document =
    isProblem || !entity
      ? errorsOf(said, ctx.state.faults ?? [], sentIn(ctx), queryOf(ctx))
      : documentAt(
          entities,
          path,
          entity,
          said,
          versionOf(ctx),
          Array.isArray(said) ? { self: ctx.url, ...links } : links,
        );
  ctx.body = JSON.stringify(document);
  ctx.vary('Accept');
  ctx.set('Content-Type', jsonApiType);
};

/** The thing with its id and these fields only, if a client has chosen some. */
const selectFrom = (said: Json | null, fields: readonly string[] | undefined): Json | null =>
  fields === undefined || said === null
    ? said
    : Object.fromEntries(Object.entries(said).filter(([name]) => name === 'id' || fields.includes(name)));

const documentAt = (
  entities: readonly Entity[],
  path: string,
  entity: Entity,
  said: Json[],
  version: number | undefined,
  links: Links,
): Json => {
  const rest = path.slice(entity.path.length);
  const [, view = ''] = /^\/views\/([^/]+)\/?$/.exec(rest) ?? [];
  if (entity.views.has(view)) return groupsOf(entity, view, said, links);
  const [, id = '', word = '', name = ''] = /^\/([^/]+)\/([^/]+)(?:\/([^/]+))?\/?$/.exec(rest) ?? [];
  if (word === 'history') return historyOf(entity, id, said, links);
  const self = `${entity.path}/${id}`;
  if (word === 'relationships')
    return { data: said, links: { self: `${self}/${word}/${name}`, related: `${self}/${name}` } };
  const related = entities.find((one) => one.name === entity.references.get(word)?.entity);
  if (related) return documentOf(entities, related, said, version, { self: `${self}/${word}` });
  return documentOf(entities, entity, said, version, links);
};

const versionOf = (ctx: Context): number | undefined => {
  const [, version] = /^"(\d+)"$/.exec(ctx.response.get('ETag') ?? '') ?? [];
  return version === undefined ? undefined : Number(version);
};
