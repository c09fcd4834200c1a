import { type EngineProblemName, type Entity, engineProblemNames } from '@muster/model';
import { declaredProblemsOf } from '../declared-problems.ts';
import { jsonApiType } from '../json-api/negotiate.ts';
import { problems } from '../problems.ts';
import { describeHeaders, type Part } from './headers.ts';
import { isJsonApi, withDocuments } from './json-api-schemas.ts';
import type { Answer, Operation } from './operation.ts';

/** What any request may get, whatever its route. */
const onEveryRoute: readonly EngineProblemName[] = [
  ...(['invalid-request', 'invalid-input', 'not-acceptable', 'request-timeout', 'body-too-large'] as const),
  ...(['expectation-failed', 'too-many-requests', 'head-too-large', 'fault', 'unavailable'] as const),
];

/** Where the service needs keys, on the routes of entities. */
const withKeys: readonly EngineProblemName[] = ['key-required', 'scope-too-small'];

/** Where it needs no keys, on what writes: no page of another origin may do that. */
const withoutKeys: readonly EngineProblemName[] = ['foreign-origin'];

/** Whether an operation writes. A GET may run a command, too, and only commands refuse. */
const isWrite = ({ method, refusals }: Operation): boolean => method !== 'get' || refusals !== undefined;

/** Returns every answer that an operation can give, by status. */
export const responsesOf = (operation: Operation): Part => {
  const { answers, entity } = operation;
  const described: Part = Object.fromEntries(answers.map((answer) => [answer.status, describeAnswer(answer, entity)]));
  for (const [status, possible] of problemsByStatus(operation)) {
    const answer = described[status]; // an own route may answer with the status of a problem, too
    described[status] = answer ? withProblems(Object(answer), possible) : describeOrRefer(possible, entity);
  }
  return described;
};

const withProblems = (answer: Part, possible: readonly Possible[]): Part => {
  const problems = describeProblems(possible, Object(answer.content));
  return { ...problems, description: `${answer.description} ${problems.description}` };
};

const describeAnswer = (
  { description, content, always = [], sometimes = [], links = [] }: Answer,
  entity: Entity | undefined,
): Part => ({
  description,
  headers: describeHeaders(['X-Request-Id', ...always], sometimes),
  ...(content ? { content: contentOf(withDocuments(entity, content)) } : {}),
  ...(links.length > 0 ? { links: Object.fromEntries(links.map((id) => [nameOf(id), linkTo(id)])) } : {}),
});

// the names of links have fewer characters than operation ids
const nameOf = (operationId: string) => operationId.replace(':', '.run.');

const linkTo = (operationId: string): Part => ({ operationId, parameters: { id: '$response.body#/id' } });

const contentOf = (content: Record<string, Part>): Part =>
  Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));

/** One problem that an operation can answer with. */
type Possible = { name: string; title: string; headers: readonly string[] };

const problemsByStatus = (operation: Operation): Map<number, Possible[]> => {
  const { path, problems: own, refusals } = operation;
  const byStatus = new Map<number, Possible[]>();
  const add = (status: number, possible: Possible) => byStatus.set(status, [...(byStatus.get(status) ?? []), possible]);
  const ofKeys = [...(path.startsWith('/api/') ? withKeys : []), ...(isWrite(operation) ? withoutKeys : [])];
  for (const name of new Set([...own, ...onEveryRoute, ...ofKeys])) add(problems[name].status, possibleOf(name));
  for (const { name, status, title } of refusals ? declaredProblemsOf(refusals) : [])
    add(status, { name, title, headers: problems['other-version'].headers ?? [] });
  return new Map([...byStatus].sort(([one], [other]) => one - other));
};

const possibleOf = (name: EngineProblemName): Possible => {
  const { title, headers = [] } = problems[name];
  return { name, title: title.replace('{entity}', 'thing'), headers };
};

/** A problem that comes alone is described once for all operations. */
const describeOrRefer = (possible: readonly Possible[], entity: Entity | undefined): Part => {
  const [first, second] = possible;
  const isOfEngine = (engineProblemNames as readonly string[]).includes(first?.name ?? '');
  if (isJsonApi(entity)) return describeProblems(possible, errorsContent);
  return isOfEngine && !second ? { $ref: `#/components/responses/${first?.name}` } : describeProblems(possible);
};

// what clients of such an entity get, before the form that all others get
const errorsContent = { [jsonApiType]: { schema: { $ref: '#/components/schemas/jsonapi.errors' } } };

const describeProblems = (possible: readonly Possible[], more: Part = {}): Part => {
  const schemas = possible.map(({ name }) => ({ $ref: `#/components/schemas/problem.${name}` }));
  return {
    description: possible.map(({ title }) => `${title}.`).join(' '),
    headers: describeHeaders(['X-Request-Id'], [...new Set(possible.flatMap(({ headers }) => headers))]),
    content: {
      ...more,
      'application/problem+json': { schema: schemas.length === 1 ? schemas[0] : { anyOf: schemas } },
    },
  };
};

/** The answers with one problem of the engine, by its name. */
export const responseParts: Part = Object.fromEntries(
  engineProblemNames.map((name) => [name, describeProblems([possibleOf(name)])]),
);
