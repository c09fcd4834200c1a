import type Router from '@koa/router';
import { type Entity, findIdFaults, isId, type Reference } from '@muster/model';
import type { Context } from 'koa';
import { answerJson } from '../answer-json.ts';
import { answerRead } from '../answer-read.ts';
import type { Exchange } from '../exchange.ts';
import type { Gateway } from '../gateway.ts';
import { identifierOf } from '../json-api/documents.ts';
import { takeFields } from '../json-api/take-fields.ts';
import { onKoa } from '../on-koa.ts';
import { findUnknown } from '../parse-past.ts';
import { answerProblem, invalid } from '../problem.ts';
import { type Read, readThing } from '../read-thing.ts';
import { setThingHeaders } from '../set-thing-headers.ts';
import { notFound } from '../thing-problems.ts';
import { read } from './read.ts';

/** Adds the routes of the things that an entity's references name, and of the relationships to them. */
export const addRelatedRoutes = (router: Router, gateway: Gateway, entity: Entity): void => {
  for (const reference of entity.references.values()) {
    const address = `${entity.path}/:id`;
    const other = gateway.entities.find(({ name }) => name === reference.entity);
    if (other) router.get(`${address}/${reference.name}`, takeFields(gateway.entities, other));
    router.get(`${address}/${reference.name}`, (ctx: Context) =>
      onKoa(gateway, ctx, (exchange) => readRelated(gateway, entity, reference, exchange, ctx.params.id)),
    );
    router.get(`${address}/relationships/${reference.name}`, (ctx: Context) =>
      onKoa(gateway, ctx, (exchange) => readRelationship(gateway, entity, reference, exchange, ctx.params.id)),
    );
  }
};

/** GET /api/v1/notes/{id}/asset: the thing that the reference names, or null. Conditions are those of that thing. */
const readRelated = async (
  gateway: Gateway,
  entity: Entity,
  reference: Reference,
  exchange: Exchange,
  id: string,
): Promise<void> => {
  const found = await findNamed(gateway, entity, reference, exchange, id);
  const other = gateway.entities.find(({ name }) => name === reference.entity);
  if (!found || !other) return;
  if (found.id === null) return answerJson(exchange, 200, 'null');
  const named = String(found.id);
  if (!isId(named)) return answerProblem(exchange, notFound(other, named));
  await new Promise<void>((resolve, reject) => read(gateway, other, exchange, named, resolve, reject));
};

/** GET /api/v1/notes/{id}/relationships/asset: the type and the id of the thing that the reference names, or null. */
const readRelationship = async (
  gateway: Gateway,
  entity: Entity,
  reference: Reference,
  exchange: Exchange,
  id: string,
): Promise<void> => {
  const found = await findNamed(gateway, entity, reference, exchange, id);
  if (!found) return;
  setThingHeaders(exchange, found.read.version, found.read.source, found.read.lagMs);
  answerJson(exchange, 200, JSON.stringify(identifierOf(gateway.entities, reference, found.id)));
};

type Named = { id: unknown; read: Extract<Read, { kind: 'result' }> };

/** Reads the thing, and returns the id that its reference has. Answers if there is no such thing. */
const findNamed = async (
  gateway: Gateway,
  entity: Entity,
  reference: Reference,
  exchange: Exchange,
  id: string,
): Promise<Named | undefined> => {
  const faults = [...findIdFaults(id), ...findUnknown(exchange.query, [])];
  if (faults.length > 0) {
    answerProblem(exchange, invalid(faults));
    return undefined;
  }
  const found = await new Promise<Read>((resolve, reject) => readThing(gateway, entity, id, 0, resolve, reject));
  if (found.kind !== 'result' || found.status !== 'active') {
    answerRead(exchange, entity, id, found, undefined);
    return undefined;
  }
  return { id: JSON.parse(found.json.toString())[reference.field] ?? null, read: found };
};
