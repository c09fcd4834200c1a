import { type Entity, type JsonSchema, jsonSchemaOf, type OwnRoute, routeName } from '@muster/model';
import type { Part } from './headers.ts';
import type { Operation } from './operation.ts';

/** Returns the operations of the own routes of an entity. Their answers are those of another API: any JSON. */
export const ownOperations = (entity: Entity): Operation[] =>
  entity.routes.map((route) => ({
    ...{ id: `${entity.name}.route.${idOf(route)}`, tag: entity.name, parameters: [] },
    method: route.definition.method.toLowerCase() as Operation['method'],
    path: route.definition.path,
    summary: summaryOf(entity, route),
    ownParameters: parametersOf(jsonSchemaOf(route.query)),
    ...(route.body ? { body: { schema: jsonSchemaOf(route.body), required: true } } : {}),
    answers: [{ status: 200, description: 'Any JSON.', content: { 'application/json': {} } }],
    problems: [...problemsOf(route), ...(route.isLegacy ? (['no-such-route'] as const) : [])],
    ...(route.definition.runs === undefined ? {} : { refusals: entity }),
  }));

const idOf = ({ definition: { method, path } }: OwnRoute): string =>
  `${method.toLowerCase()}${path.replaceAll('/', '.')}`;

const summaryOf = ({ name }: Entity, route: OwnRoute): string => {
  const { definition, isLegacy } = route;
  const what = definition.runs === undefined ? 'A read' : `The command ${definition.runs}`;
  return `${what} of ${name}, as another API has it (${routeName(route)})${isLegacy ? '. Off unless it is set' : ''}`;
};

const problemsOf = ({ body, definition }: OwnRoute) =>
  [
    ...(definition.readsAll ? [] : (['invalid-input', 'not-found', 'deleted'] as const)),
    ...(body ? (['invalid-body', 'unsupported-media-type'] as const) : []),
  ] as const;

const parametersOf = ({ properties = {}, required = [] }: JsonSchema): Part[] =>
  Object.entries(properties as Record<string, Part>).map(([name, schema]) => ({
    ...{ name, in: 'query', required: (required as string[]).includes(name), schema },
  }));
