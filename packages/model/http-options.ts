import { findUnread, isObject, matches } from './find-definition-problems.ts';
import { builtInNames } from './index-key.ts';

/** What an entity's file says of its HTTP API. Everything has a default. */
export type HttpOptions<Field extends string = string> = {
  readonly path?: string; // the address of its list: '/api/v1/assets'. '/api/NAME' if it is left out
  readonly format?: Format; // 'json-api': what clients get unless they ask for JSON. 'json' if it is left out
  readonly type?: string; // of its resources in JSON:API: 'assets'. The entity's name if it is left out
  readonly sort?: Sortable<Field> | `-${Sortable<Field>}`; // the order of lists without `sort`, by an index
  readonly limit?: number; // how many things a page of a list has, at most and without a given size
  readonly body?: string; // the field of the creating command that has the whole body of a request
  readonly accepted?: true; // a create answers 202 in place of 201
};

/** What clients get who accept any format. */
export type Format = 'json' | 'json-api';

type Sortable<Field extends string> = Field | (typeof builtInNames)[number];

/** The HTTP API of an entity, as the engine uses it. */
export type HttpRules = Readonly<{
  format: Format;
  type: string; // of its resources in JSON:API
  sort: Readonly<{ field: string; descending: boolean }> | undefined; // of lists without `sort`
  limit: number | undefined; // of a page
  body: string | undefined; // the field of the creating command that has the whole body of a request
  accepted: boolean; // a create answers 202 in place of 201
}>;

const names = [
  'path',
  'format',
  'type',
  'sort',
  'limit',
  'body',
  'accepted',
] as const satisfies readonly (keyof HttpOptions)[];

const limitMost = 1_000;

/**
 * What is wrong with these options of an entity with these indexes, and how to mend it. `inputNames` are those of the
 * input of its creating command.
 */
export const findHttpProblems = (http: unknown, indexes: unknown, inputNames: readonly string[]): string[] => {
  if (http === undefined) return [];
  if (!isObject(http)) return ['its http must be an object'];
  const { path, format, type, sort, limit, body, accepted }: HttpOptions = http;
  return [
    ...findUnread('its http', http, names),
    ...(path === undefined || isPath(path)
      ? []
      : [
          `its path ${JSON.stringify(path)} must be /api/ and 1 to 3 names of lower-case letters, digits and -, ` +
            `such as /api/v1/assets, and not begin with an address of the engine: ${ownPaths.join(', ')}`,
        ]),
    ...(format === undefined || formats.includes(format) ? [] : [`its format must be one of ${formats.join(', ')}`]),
    ...(type === undefined || matches(/^[a-z][a-zA-Z0-9-]{0,31}$/, type)
      ? []
      : ['its type stands in documents: it must be 1 to 32 letters, digits and -, the first a small letter']),
    ...(sort === undefined || isIndex(sort, indexes)
      ? []
      : [
          `its sort ${JSON.stringify(sort)} must be one of its indexes, or ${builtInNames.join(', ')}, perhaps after -`,
        ]),
    ...(limit === undefined || (Number.isInteger(limit) && limit >= 1 && limit <= limitMost)
      ? []
      : [`its limit must be an integer from 1 to ${limitMost}`]),
    ...(body === undefined || inputNames.join() === body
      ? []
      : [`its body ${JSON.stringify(body)} must be the only field of the input of its creating command`]),
    ...(body !== undefined && format === 'json-api' ? ['its body cannot be a field: JSON:API has documents'] : []),
    ...(accepted === undefined || accepted === true ? [] : ['its accepted must be true, or left out']),
  ];
};

const formats: readonly unknown[] = ['json', 'json-api'] satisfies Format[];

const isIndex = (sort: unknown, indexes: unknown): boolean => {
  const known: unknown[] = [...builtInNames, ...(Array.isArray(indexes) ? indexes : [])];
  return typeof sort === 'string' && known.includes(sortOf(sort).field);
};

const sortOf = (text: string) => ({ field: text.replace(/^-/, ''), descending: text.startsWith('-') });

/** The rules of these options, whose problems were looked for, for the entity of this name. */
export const httpOf = (
  { format = 'json', type, sort, limit, body, accepted }: HttpOptions = {},
  name: string,
): HttpRules => ({
  ...{ format, type: type ?? name, limit, body, accepted: accepted === true },
  sort: sort === undefined ? undefined : sortOf(sort),
});

const isPath = (path: unknown): boolean =>
  matches(/^\/api(\/[a-z][a-z0-9-]{0,31}){1,3}$/, path) &&
  !ownPaths.some((own) => path === own || String(path).startsWith(`${own}/`));

/** Addresses of the engine's own, now or later. */
const ownPaths = ['/api/events', '/api/live', '/api/openapi', '/api/keys', '/api/admin'] as const;
