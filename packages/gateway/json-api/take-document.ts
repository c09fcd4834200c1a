import type { Entity, Reference } from '@muster/model';
import type { Context, Next } from 'koa';
import { giveProblem } from '../on-koa.ts';
import type { Problem } from '../problem.ts';
import type { Json } from './documents.ts';
import type { Sent } from './errors.ts';
import { isPlain, jsonApiType, mediaTypeOf } from './negotiate.ts';

/** Whether the body of the request is a JSON:API document. */
export const isSent = (ctx: Context): boolean => mediaTypeOf(ctx.get('Content-Type')) === jsonApiType;

/** How the body of the request was sent, as far as it was read. */
export const sentIn = (ctx: Context): Sent => {
  const { document } = ctx.state;
  if (document) return { kind: 'document', ...document };
  const { body } = ctx.request;
  return body !== undefined || bodyMethods.includes(ctx.method) ? { kind: 'fields', body } : { kind: 'nothing' };
};

const bodyMethods: readonly string[] = ['POST', 'PUT', 'PATCH'];

/** Takes the input out of the body if that is a JSON:API document. 400, 409 or 415 if it does not fit. */
export const unwrapDocument =
  (entities: readonly Entity[], entity: Entity) =>
  (ctx: Context, next: Next): Promise<void> | void => {
    if (!isSent(ctx)) return next();
    if (!isPlain(ctx.get('Content-Type'))) return giveProblem(ctx, notSupported);
    const taken = takeDocument(entities, entity, ctx.request.body);
    if (taken.kind === 'problem') return giveProblem(ctx, taken.problem);
    ctx.state.document = { body: ctx.request.body, relationships: relationshipsFor(entity, taken) };
    ctx.request.body = taken.input;
    return next();
  };

/** The relationships of the fields that no attribute has, whether they were sent or are missing. */
const relationshipsFor = ({ references }: Entity, { input, relationships }: TakenInput): Record<string, string> => ({
  ...Object.fromEntries(
    [...references.values()].flatMap(({ field, name }) => (Object.hasOwn(input, field) ? [] : [[field, name]])),
  ),
  ...relationships,
});

const notSupported: Problem = {
  name: 'unsupported-media-type',
  detail: `The content type is ${jsonApiType} with parameters; send it without any, as this service has no extensions`,
};

/** The input, and the names of the relationships that some of its fields came from. */
export type Taken = TakenInput | { kind: 'problem'; problem: Problem };
type TakenInput = { kind: 'input'; input: Json; relationships: Record<string, string> };

/** Takes the input of a command out of a JSON:API document. A problem if it is no resource of this type. Pure. */
export const takeDocument = (entities: readonly Entity[], entity: Entity, body: unknown): Taken => {
  const expected = entity.http.type;
  const data = isObject(body) ? body.data : undefined;
  if (!isObject(data)) return misfit('invalid-document', '/data', 'expected an object with "type" and "attributes"');
  const { type, id, attributes = {}, relationships = {}, ...others } = data;
  if (typeof type !== 'string') return misfit('invalid-document', '/data/type', `expected "${expected}"`);
  if (type !== expected) return misfit('other-type', '/data/type', `expected "${expected}", the type of this address`);
  if (!isObject(attributes)) return misfit('invalid-document', '/data/attributes', 'expected an object');
  if (!isObject(relationships)) return misfit('invalid-document', '/data/relationships', 'expected an object');
  const [other] = Object.keys(others).filter((name) => !['links', 'meta'].includes(name));
  if (other !== undefined)
    return misfit('invalid-document', `/data/${other}`, 'is not supported: send attributes and relationships only');
  if (Object.hasOwn(attributes, 'id'))
    return misfit('invalid-document', '/data/attributes/id', 'the id belongs beside the attributes');
  const input = id === undefined ? attributes : { id, ...attributes };
  return takeRelationships(entities, entity, input, relationships);
};

const takeRelationships = (entities: readonly Entity[], entity: Entity, given: Json, relationships: Json): Taken => {
  const taken: Taken = { kind: 'input', input: { ...given }, relationships: {} };
  for (const [name, relationship] of Object.entries(relationships)) {
    const reference = entity.references.get(name);
    const pointer = `/data/relationships/${name}`;
    if (!reference) return misfit('invalid-document', pointer, describeReferences(entity));
    if (Object.hasOwn(given, reference.field))
      return misfit(
        'invalid-document',
        pointer,
        `is sent as the attribute "${reference.field}", too: send one of them`,
      );
    const found = idIn(entities, reference, pointer, relationship);
    if (found.kind === 'problem') return found;
    taken.input[reference.field] = found.id;
    taken.relationships[reference.field] = name;
  }
  return taken;
};

const describeReferences = ({ references, http }: Entity): string =>
  references.size === 0
    ? `is not known: ${http.type} have no relationships`
    : `is not known: ${http.type} have ${[...references.keys()].join(', ')}`;

type IdTaken = { kind: 'id'; id: unknown } | Extract<Taken, { kind: 'problem' }>;

const idIn = (entities: readonly Entity[], reference: Reference, pointer: string, relationship: unknown): IdTaken => {
  const data = isObject(relationship) ? relationship.data : undefined;
  if (data === null) return { kind: 'id', id: null };
  if (!isObject(data)) return misfit('invalid-document', `${pointer}/data`, 'expected an object with "type" and "id"');
  const expected = entities.find(({ name }) => name === reference.entity)?.http.type ?? reference.entity;
  if (typeof data.type !== 'string')
    return misfit('invalid-document', `${pointer}/data/type`, `expected "${expected}"`);
  if (data.type !== expected)
    return misfit('other-type', `${pointer}/data/type`, `expected "${expected}", the type of this relationship`);
  return { kind: 'id', id: data.id };
};

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const misfit = (
  name: 'invalid-document' | 'other-type',
  pointer: string,
  detail: string,
): Extract<Taken, { kind: 'problem' }> => ({
  kind: 'problem',
  problem: { name, detail: `${pointer}: ${detail}`, errors: [{ pointer, code: 'invalid', detail }] },
});
