import type { Entity } from '@muster/model';
import { headerParts, type Part } from './headers.ts';
import { type Operation, operationsOf, serviceOperations } from './operations.ts';
import { parameters } from './parameters.ts';
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
      'page that explains it. Each GET may also be a HEAD. Another method at a known address gets 405 with `Allow`. ' +
      'Every route of an entity also speaks JSON:API 1.1 (`application/vnd.api+json`), which is not described here.',
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

const contentOf = (types: readonly string[], schema: Part): Part =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

const describeOperation = (operation: Operation): Part => {
  const { id, tag, summary, body, bodyTypes = ['application/json'] } = operation;
  const names = [...operation.parameters, 'X-Request-Id'];
  return {
    ...{ operationId: id, tags: [tag], summary },
    parameters: names.map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ...(body ? { requestBody: { required: body.required, content: contentOf(bodyTypes, body.schema) } } : {}),
    responses: responsesOf(operation),
  };
};
