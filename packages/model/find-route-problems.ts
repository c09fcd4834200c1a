import { findFieldsProblems, findUnread, isObject, matches } from './find-definition-problems.ts';

const methods = ['GET', 'POST', 'PUT', 'DELETE'];
const parts = [
  'method',
  'path',
  'legacy',
  'query',
  'body',
  'runs',
  'id',
  'input',
  'reads',
  'readsAll',
  'member',
  'answer',
];

/** What is wrong with the own routes of an entity with these commands, and how to mend it. */
export const findRouteProblems = (routes: unknown, commands: readonly string[]): string[] => {
  if (routes === undefined) return [];
  if (!Array.isArray(routes)) return ['its routes must be a list'];
  const names = routes.map((route) => `${Object(route).method} ${Object(route).path}`);
  return routes.flatMap((route, at) => [
    ...(names.indexOf(names[at] ?? '') < at ? [`it has two routes ${names[at]}: take one out`] : []),
    ...findOneProblem(`the route ${names[at]}`, route, commands),
  ]);
};

const findOneProblem = (what: string, route: unknown, commands: readonly string[]): string[] => {
  if (!isObject(route)) return [`${what} must be an object`];
  const { method, path, legacy, query, body, runs, reads, readsAll } = route as Record<string, unknown>;
  const kinds = [runs, reads, readsAll].filter((kind) => kind !== undefined).length;
  return [
    ...findUnread(what, route, [...parts, 'missing']),
    ...(methods.includes(String(method)) ? [] : [`${what} needs a method: ${methods.join(', ')}`]),
    ...(isFree(path) ? [] : [`${what} needs a path such as /update, which is no address of the engine`]),
    ...(legacy === undefined || legacy === true ? [] : [`${what} has a "legacy" that is not true: leave it out`]),
    ...(kinds === 1 ? [] : [`${what} needs one of runs, reads and readsAll`]),
    ...(runs === undefined || commands.includes(String(runs))
      ? []
      : [`${what} runs "${runs}", which is no command that clients run`]),
    ...(runs !== undefined || method === 'GET' ? [] : [`${what} only reads: its method must be GET`]),
    ...(body === undefined || (runs !== undefined && (method === 'POST' || method === 'PUT'))
      ? []
      : [`${what} has a body: only a command with POST or PUT can`]),
    ...(query === undefined ? [] : findFieldsProblems(`the query of ${what}`, query as never, [])),
    ...(body === undefined || body === 'any' ? [] : findFieldsProblems(`the body of ${what}`, body as never, [])),
    ...findNoFunctions(what, route as Record<string, unknown>),
  ];
};

const findNoFunctions = (what: string, route: Record<string, unknown>): string[] => {
  const needed =
    route.readsAll !== undefined ? ['member'] : route.runs !== undefined ? ['input', 'answer'] : ['reads', 'answer'];
  const possible = ['id', 'missing'].filter((name) => route[name] !== undefined);
  return [...needed, ...possible]
    .filter((name) => typeof route[name] !== 'function')
    .map((name) => `${what} needs ${name}, a function`);
};

/** Whether no address of the engine's own, now or later, begins with this. */
const isFree = (path: unknown): boolean =>
  matches(/^(\/[A-Za-z][A-Za-z0-9-]{0,31}){1,4}$/, path) &&
  !taken.some((own) => `${String(path)}/`.startsWith(`${own}/`));

const taken = ['/api/events', '/api/live', '/api/openapi', '/api/keys', '/api/admin', '/docs', '/problems', '/live'];
