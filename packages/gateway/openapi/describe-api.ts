import type { Entity } from '@muster/model';
import { headerParts, type Part } from './headers.ts';
import { withDocuments } from './json-api-schemas.ts';
import type { Operation } from './operation.ts';
import { operationsOf, serviceOperations } from './operations.ts';
import { type ParameterName, parameters } from './parameters.ts';
import { responseParts, responsesOf } from './responses.ts';
import { schemasOf } from './schemas.ts';

declare const MUSTER_VERSION: string | undefined; // defined by the build

/** Returns the description of the API of these entities, as an OpenAPI 3.1 document. Pure. */
export const describeApi = (entities: readonly Entity[]): Part => ({
  openapi: '3.1.0',
  info: {
    title: 'Muster',
    version: typeof MUSTER_VERSION === 'undefined' ? 'development' : MUSTER_VERSION,
    description:
      'Each change of a thing is one immutable event. Every error is `application/problem+json`; its `type` opens a ' +
      'page that explains it. Each GET may also be a HEAD, unless it changes data. Another method at a known ' +
      'address gets 405 with `Allow`. ' +
      'Every route of an entity also speaks JSON:API 1.1 (`application/vnd.api+json`). It is described only where it ' +
      'is the format of the entity.',
  },
  servers: [{ url: '/' }],
  security: [{}, { key: [] }],
  tags: [...entities.map(({ name }) => ({ name })), { name: 'service', description: 'The service itself.' }],
  paths: pathsOf([...entities.flatMap(operationsOf), ...serviceOperations]),
  components: {
    schemas: schemasOf(entities),
    parameters,
    headers: headerParts,
    responses: responseParts,
    securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key, where keys are needed.' } },
  },
});

const pathsOf = (operations: readonly Operation[]): Part => {
  const paths: Record<string, Part> = {};
  for (const operation of operations) {
    const { path, method } = operation;
    paths[path] = {
      ...(paths[path] ?? { 'x-other-methods': { '405': { $ref: '#/components/responses/method-not-allowed' } } }),
      [method]: describeOperation(operation),
    };
  }
  return paths;
};

const bodyContentOf = (entity: Entity | undefined, types: readonly string[], schema: Part): Part => {
  const plain = Object.fromEntries(types.map((type) => [type, schema]));
  const content = withDocuments(entity, plain);
  return Object.fromEntries(Object.entries(content).map(([type, one]) => [type, { schema: one }]));
};

/** A parameter, with the limit of the entity's own pages. */
const parameterOf = (entity: Entity | undefined, name: ParameterName): Part => {
  const limit = entity?.http.limit;
  if (limit === undefined || (name !== 'limit' && name !== 'listSize'))
    return { $ref: `#/components/parameters/${name}` };
  const { schema, ...parameter } = parameters[name];
  return { ...parameter, schema: { ...Object(schema), maximum: limit, default: limit } };
};

const describeOperation = (operation: Operation): Part => {
  const { id, tag, summary, body, entity, bodyTypes = ['application/json'] } = operation;
  const names: ParameterName[] = [...operation.parameters, 'X-Request-Id'];
  return {
    ...{ operationId: id, tags: [tag], summary },
    parameters: [...(operation.ownParameters ?? []), ...names.map((name) => parameterOf(entity, name))],
    ...(body
      ? { requestBody: { required: body.required, content: bodyContentOf(entity, bodyTypes, body.schema) } }
      : {}),
    responses: responsesOf(operation),
  };
};
