import { type CommandType, type Entity, jsonSchemaOf } from '@muster/model';
import type Joi from 'joi';
import { jsonApiType } from '../json-api/negotiate.ts';
import type { Part } from './headers.ts';
import { inputNameOf } from './input-name.ts';

// The documents of entities whose format is JSON:API. For others, JSON:API is a translation that is not described.

/** Whether the clients of an entity get JSON:API. */
export const isJsonApi = (entity: Entity | undefined): boolean => entity?.http.format === 'json-api';

/** Returns the content of an answer, with its document where the entity has JSON:API. */
export const withDocuments = (entity: Entity | undefined, content: Record<string, Part>): Record<string, Part> =>
  isJsonApi(entity) && content['application/json']
    ? { [jsonApiType]: documentFor(content['application/json']), ...content }
    : content;

const prefix = '#/components/schemas/';

/** The document that has what this schema describes: a thing, a list of things, or anything else. */
const documentFor = (schema: Part): Part => {
  const { items, $ref } = schema as { items?: { anyOf?: Part[] }; $ref?: string };
  const listed = items?.anyOf?.[0]?.$ref;
  if (typeof listed === 'string') return { $ref: `${listed}.documents` };
  return { $ref: $ref !== undefined && !$ref.endsWith('/count') ? `${$ref}.document` : `${prefix}jsonapi.document` };
};

/** Returns the schemas of the documents of entities, if clients of one of them get JSON:API. */
export const documentSchemasOf = (entities: readonly Entity[]): Part =>
  entities.some(isJsonApi)
    ? {
        ...Object.fromEntries(entities.flatMap((entity) => schemasOfEntity(entities, entity))),
        ...{ 'jsonapi.document': document, 'jsonapi.errors': errors },
      }
    : {};

const links = { type: 'object', additionalProperties: { type: 'string' } };

const document = {
  ...{ type: 'object', description: 'A document of JSON:API 1.1.' },
  properties: { data: {}, links, meta: { type: 'object' } },
};

const errors = {
  ...{ type: 'object', description: 'The errors of JSON:API 1.1.', required: ['errors'] },
  properties: {
    errors: {
      type: 'array',
      items: {
        ...{ type: 'object', required: ['status', 'code', 'title', 'detail', 'links', 'meta'] },
        properties: {
          ...{ status: { type: 'string' }, code: { type: 'string' }, title: { type: 'string' } },
          ...{ detail: { type: 'string' }, links, source: { type: 'object' }, meta: { type: 'object' } },
        },
      },
    },
  },
};

const schemasOfEntity = (entities: readonly Entity[], entity: Entity): [string, Part][] => {
  const resource = { $ref: `${prefix}${entity.name}.resource` };
  const documentOf = (data: Part): Part => ({ type: 'object', required: ['data'], properties: { data, links } });
  const inputs = isJsonApi(entity) ? [...entity.commands.values()] : [];
  return [
    [`${entity.name}.resource`, resourceOf(entities, entity)],
    [`${entity.name}.document`, documentOf({ anyOf: [resource, { type: 'null' }] })],
    [`${entity.name}.documents`, documentOf({ type: 'array', items: resource })],
    ...inputs.map((command): [string, Part] => [
      `${inputNameOf(entity, command)}.document`,
      inputDocumentOf(entities, entity, command),
    ]),
  ];
};

const resourceOf = (entities: readonly Entity[], entity: Entity): Part => {
  const keys = keysOf(entity);
  const shown = Object.entries(entity.fields).filter(([name]) => !keys.includes(name));
  const attributes = Object.fromEntries(shown.map(([name, schema]) => [name, jsonSchemaOf(schema as Joi.Schema)]));
  return {
    ...{ type: 'object', required: ['type', 'id', 'attributes', 'links'] },
    properties: {
      ...{ type: { const: entity.http.type }, id: { type: 'string' } },
      attributes: entity.present ? { type: 'object' } : { type: 'object', properties: attributes },
      ...relationshipsOf(entities, entity),
      ...{ links, meta: { type: 'object', properties: { version: { type: 'integer', minimum: 1 } } } },
    },
  };
};

const keysOf = ({ references }: Entity): string[] => [...references.values()].map(({ field }) => field);

const relationshipsOf = (entities: readonly Entity[], { references }: Entity): Part => {
  if (references.size === 0) return {};
  const identifier = (name: string): Part => ({
    ...{ type: ['object', 'null'], required: ['type', 'id'] },
    properties: {
      type: { const: entities.find((entity) => entity.name === name)?.http.type ?? name },
      id: { type: 'string' },
    },
  });
  const one = (name: string): Part => ({ type: 'object', properties: { data: identifier(name), links } });
  const properties = Object.fromEntries([...references.values()].map(({ name, entity }) => [name, one(entity)]));
  return { relationships: { type: 'object', properties } };
};

/** What a client sends as a document: the fields of the input as attributes, or references as relationships. */
const inputDocumentOf = (entities: readonly Entity[], entity: Entity, command: CommandType): Part => {
  const { properties = {}, required = [] } = jsonSchemaOf(command.schema) as { properties?: Part; required?: string[] };
  const { id, ...attributes } = properties;
  const needed = required.filter((name) => name !== 'id' && !keysOf(entity).includes(name));
  return {
    ...{ type: 'object', required: ['data'] },
    properties: {
      data: {
        ...{ type: 'object', required: needed.length > 0 ? ['type', 'attributes'] : ['type'] },
        properties: {
          ...{ type: { const: entity.http.type }, ...(id ? { id } : {}) },
          attributes: { type: 'object', properties: attributes, required: needed, additionalProperties: false },
          ...relationshipsOf(entities, entity),
        },
      },
    },
  };
};
