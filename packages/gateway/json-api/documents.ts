import type { Entity, Reference } from '@muster/model';

// The documents of JSON:API 1.1 about what the routes answer. All functions are pure.

export type Json = Record<string, unknown>;
export type Links = Record<string, string>;

/** The document about one thing, about many, about none, or about a number. `entities`: all that run. */
export const documentOf = (
  entities: readonly Entity[],
  entity: Entity,
  said: Json | Json[] | null,
  version: number | undefined,
  links: Links,
): Json => {
  const resource = (thing: Json, meta: Json = {}) => resourceOf(entities, entity, thing, meta);
  if (said === null) return { data: null, links };
  if (Array.isArray(said)) return { data: said.map((thing) => resource(thing)), links };
  if (!Object.hasOwn(said, 'id')) return { meta: said };
  const data = resource(said, version === undefined ? {} : { meta: { version } });
  return Object.keys(links).length === 0 ? { data } : { data, links };
};

const resourceOf = (entities: readonly Entity[], entity: Entity, { id, ...fields }: Json, meta: Json): Json => {
  const references = [...entity.references.values()].filter(({ field }) => Object.hasOwn(fields, field));
  const self = `${entity.path}/${id}`;
  const relationships = relationshipsOf(entities, references, fields, self);
  for (const { field } of references) delete fields[field]; // a key of another thing is no attribute
  return {
    ...{ type: entity.http.type, id, attributes: fields },
    ...(references.length === 0 ? {} : { relationships }),
    ...{ links: { self }, ...meta },
  };
};

const relationshipsOf = (
  entities: readonly Entity[],
  references: readonly Reference[],
  fields: Json,
  self: string,
): Json =>
  Object.fromEntries(
    references.map((reference) => [
      reference.name,
      {
        data: identifierOf(entities, reference, fields[reference.field]),
        links: { self: `${self}/relationships/${reference.name}`, related: `${self}/${reference.name}` },
      },
    ]),
  );

/** The type and id of the thing that a reference names. Null for none. */
export const identifierOf = (entities: readonly Entity[], reference: Reference, id: unknown): Json | null => {
  const other = entities.find(({ name }) => name === reference.entity);
  return id === undefined || id === null ? null : { type: other?.http.type ?? reference.entity, id };
};

/** The document about the events of a thing. An attribute must not be named `type`. */
export const historyOf = ({ http }: Entity, id: string, events: Json[], links: Links): Json => ({
  data: events.map(({ type, ...event }) => ({
    type: `${http.type}-event`,
    id: `${id}:${event.version}`,
    attributes: { eventType: type, ...event },
  })),
  links,
});

/** The document about the groups of a view. The id of a group is its key as JSON: `3`, `"ada"` or `null`. */
export const groupsOf = ({ http }: Entity, view: string, groups: Json[], links: Links): Json => ({
  data: groups.map((group) => ({ type: `${http.type}-${view}`, id: JSON.stringify(group.key), attributes: group })),
  links,
});

/** Parses the header `Link` of a list. */
export const linksOf = (header: string): Links =>
  Object.fromEntries([...header.matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(([, address, name]) => [name, address]));
