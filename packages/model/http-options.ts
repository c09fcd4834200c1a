import { findUnread, isObject, matches } from './find-definition-problems.ts';

/** What an entity's file says of its HTTP API. Everything has a default. */
export type HttpOptions = {
  readonly path?: string; // the address of its list: '/api/v1/assets'. '/api/NAME' if it is left out
};

const names = ['path'] as const satisfies readonly (keyof HttpOptions)[];

/** What is wrong with these options, and how to mend it. */
export const findHttpProblems = (http: unknown): string[] => {
  if (http === undefined) return [];
  if (!isObject(http)) return ['its http must be an object'];
  const { path }: HttpOptions = http;
  return [
    ...findUnread('its http', http, names),
    ...(path === undefined || isPath(path)
      ? []
      : [
          `its path ${JSON.stringify(path)} must be /api/ and 1 to 3 names of lower-case letters, digits and -, ` +
            `such as /api/v1/assets, and not begin with an address of the engine: ${ownPaths.join(', ')}`,
        ]),
  ];
};

const isPath = (path: unknown): boolean =>
  matches(/^\/api(\/[a-z][a-z0-9-]{0,31}){1,3}$/, path) &&
  !ownPaths.some((own) => path === own || String(path).startsWith(`${own}/`));

/** Addresses of the engine's own, now or later. */
const ownPaths = ['/api/events', '/api/live', '/api/openapi', '/api/keys', '/api/admin'] as const;
