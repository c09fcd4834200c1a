import {
  type CommandType,
  type EngineProblemName,
  type Entity,
  type JsonSchema,
  jsonSchemaOf,
  type OwnRoute,
  routeName,
} from '@muster/model';
import type { Part } from './headers.ts';
import type { Answer, Operation } from './operation.ts';

/**
 * Returns the operations of the own routes of an entity. Their answers are those of another API: any JSON. What its
 * functions answer is known only when they run. So the description has the statuses that such routes usually give.
 */
export const ownOperations = (entity: Entity): Operation[] =>
  entity.routes.map((route) => ({
    ...{ id: `${entity.name}.route.${idOf(route)}`, tag: entity.name },
    parameters: [
      ...(commandOf(entity, route) ? (['traceparent'] as const) : []),
      ...(route.body ? (['Content-Encoding'] as const) : []),
    ],
    method: route.definition.method.toLowerCase() as Operation['method'],
    path: route.definition.path,
    summary: summaryOf(entity, route),
    ownParameters: parametersOf(jsonSchemaOf(route.query)),
    ...(route.body ? { body: { schema: jsonSchemaOf(route.body), required: true } } : {}),
    answers: [answerOf(entity, route), ...(isReplaced(route) ? [missing] : [])],
    problems: problemsOf(entity, route),
    ...(commandOf(entity, route) ? { refusals: entity } : {}),
  }));

const commandOf = ({ commands }: Entity, { definition: { runs } }: OwnRoute): CommandType | undefined =>
  runs === undefined ? undefined : commands.get(runs);

const content = { 'application/json': {} };

const answerOf = (entity: Entity, route: OwnRoute): Answer => {
  const command = commandOf(entity, route);
  const isAccepted = entity.http.accepted && command?.creates === true;
  const description = route.definition.readsAll
    ? 'One object. It breaks off if it cannot be completed.'
    : `Any JSON. The status is ${isAccepted ? 202 : 200} unless the route names another one.`;
  return { status: isAccepted ? 202 : 200, description, content, ...headersOf(route) };
};

const headersOf = ({ definition: { readsAll, runs } }: OwnRoute): Pick<Answer, 'always' | 'sometimes'> => {
  if (readsAll) return { always: ['Muster-Source', 'Muster-Lag-Ms'], sometimes: ['Muster-As-Of'] };
  return runs === undefined ? {} : { always: ['ETag', 'Muster-Source', 'Muster-Lag-Ms'], sometimes: ['Location'] };
};

/** Whether the route answers in place of 404 and 410. */
const isReplaced = ({ definition }: OwnRoute): boolean => !definition.readsAll && definition.missing !== undefined;

const missing: Answer = { status: 404, description: 'Any JSON. There is no such thing, or it is gone.', content };

const idOf = ({ definition: { method, path } }: OwnRoute): string =>
  `${method.toLowerCase()}${path.replaceAll('/', '.')}`;

const summaryOf = ({ name }: Entity, route: OwnRoute): string => {
  const { definition, isLegacy } = route;
  const what = definition.runs === undefined ? 'A read' : `The command ${definition.runs}`;
  return `${what} of ${name}, as another API has it (${routeName(route)})${isLegacy ? '. Off unless it is set' : ''}`;
};

const problemsOf = (entity: Entity, route: OwnRoute): EngineProblemName[] => [
  ...(['key-required', 'scope-too-small'] as const),
  ...ofThing(entity, route),
  ...(route.body ? (['invalid-body', 'unsupported-media-type'] as const) : []),
  ...(route.isLegacy ? (['no-such-route'] as const) : []),
];

const ofThing = (entity: Entity, route: OwnRoute): EngineProblemName[] => {
  if (route.definition.readsAll) return [];
  const command = commandOf(entity, route);
  const { changes, creates, first } = command ?? { changes: true, creates: false, first: undefined };
  const [canMiss, canBeGone] = isReplaced(route) ? [false, false] : [!creates, changes || entity.gone !== undefined];
  return [
    ...(changes ? [] : (['exists'] as const)),
    ...(canMiss || first ? (['not-found'] as const) : []), // a missing thing that goes first stays a problem
    ...(canBeGone || first ? (['deleted'] as const) : []),
  ];
};

const parametersOf = ({ properties = {}, required = [] }: JsonSchema): Part[] =>
  Object.entries(properties as Record<string, Part>).map(([name, schema]) => ({
    ...{ name, in: 'query', required: (required as string[]).includes(name), schema },
  }));
