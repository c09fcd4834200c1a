import { idSchema, jsonSchemaOf } from '@muster/model';
import { limitDefault, limitMax } from '../parse-page.ts';
import { versionMax } from '../routes/read-past.ts';
import type { Part } from './headers.ts';

const header = (name: string, description: string, schema: Part): Part => ({ name, in: 'header', description, schema });
const query = (name: string, description: string, schema: Part): Part => ({ name, in: 'query', description, schema });

const tags = { type: 'string', pattern: '^(\\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$', examples: ['"3"'] };

const most = versionMax;

// in an address, the words that cannot be ids are other routes
const { not: _, ...id } = jsonSchemaOf(idSchema);

/** The parameters of requests, by the names under which operations use them. */
export const parameters = {
  id: { name: 'id', in: 'path', required: true, description: 'The id of the thing.', schema: id },
  offset: query('offset', 'How many things come before this page.', {
    ...{ type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
  }),
  limit: query('limit', 'How many things are on a page, at most.', {
    ...{ type: 'integer', minimum: 1, maximum: limitMax, default: limitDefault },
  }),
  version: query('version', 'The thing as it was at this version.', {
    ...{ type: 'integer', minimum: 1 },
    maximum: most,
  }),
  at: query('at', 'As it was at this time in the past: a time with its zone, or a day.', {
    ...{ type: 'string', format: 'date-time' },
  }),
  from: { ...query('from', 'The version to compare.', { type: 'integer', minimum: 1, maximum: most }), required: true },
  to: {
    ...query('to', 'The version to compare with.', { type: 'integer', minimum: 1, maximum: most }),
    required: true,
  },
  'page[size]': query('page[size]', 'How many are on a page, at most.', { type: 'integer', minimum: 1, maximum: 100 }),
  'page[before]': query('page[before]', 'Only events with a lower version.', {
    ...{ type: 'integer', minimum: 1, maximum: most },
  }),
  filter: {
    ...query('filter', 'Only things with these values: `filter[field]=…` or `filter[field][operator]=…`.', {
      ...{ type: 'object', additionalProperties: { type: 'string' } },
    }),
    ...{ style: 'deepObject', explode: true },
  },
  sort: query('sort', 'The order: fields with commas between, `-` before one that descends.', { type: 'string' }),
  groupSort: query(
    'sort',
    'The order: `key`, `count`, or a figure such as `cents.sum`, with `-` before it to descend.',
    {
      ...{ type: 'string', default: 'key' },
    },
  ),
  fields: query('fields', 'Only these fields, with commas between, and the id.', { type: 'string' }),
  total: query('total', 'Whether Muster-Total says how many there are in all.', { type: 'boolean' }),
  listSize: query('page[size]', 'How many things are on a page, at most. With `at` at most 100.', {
    ...{ type: 'integer', minimum: 1, maximum: limitMax },
  }),
  listAfter: query('page[after]', 'A cursor from Link: the page after it. With `at` an id.', { type: 'string' }),
  listBefore: query('page[before]', 'A cursor from Link: the page before it.', { type: 'string' }),
  types: query('types', 'Only events of these types, with commas between.', { type: 'string' }),
  'from start': query('from', '`start`: from the first event of the log on. Without it, from now on.', {
    ...{ type: 'string', enum: ['start'] },
  }),
  after: query('after', 'The id of a message: from the events behind it on.', { type: 'string' }),
  'until now': query('until', '`now`: ends with the reason `reached` when it has sent what there is.', {
    ...{ type: 'string', enum: ['now'] },
  }),
  state: query('state', '`true`: with what clients see after each event. `full`: with all fields, for other sites.', {
    ...{ type: 'string', enum: ['true', 'false', 'full'], default: 'false' },
  }),
  'Last-Event-ID': header('Last-Event-ID', 'The same as `after`. Browsers send it when they connect again.', {
    ...{ type: 'string' },
  }),
  changes: query('changes', 'Whether each event says what it changed.', { type: 'boolean', default: true }),
  'If-Match': header('If-Match', 'Only if the thing has one of these ETags. `*` is any.', tags),
  'If-None-Match': header('If-None-Match', 'Only if the thing has none of these ETags. `*` is any.', tags),
  'Muster-Min-Version': header('Muster-Min-Version', 'The answer is never older than this version.', {
    ...{ type: 'integer', minimum: 0, maximum: 999_999_999 },
  }),
  'X-Request-Id': header(
    'X-Request-Id',
    'An id: 1 to 128 of A-Z a-z 0-9 . _ : -. In place of another text, a new one.',
    {
      ...{ type: 'string' },
    },
  ),
  traceparent: header('traceparent', 'The trace of the request (W3C Trace Context). It is kept in the event.', {
    ...{ type: 'string' },
  }),
  'Content-Encoding': header('Content-Encoding', 'How the body is compressed. Without it, the body is as it is.', {
    ...{ type: 'string', enum: ['gzip', 'x-gzip', 'deflate', 'br', 'identity'] },
  }),
  name: {
    ...{ name: 'name', in: 'path', required: true, description: 'The name of the problem, as in its `type`.' },
    schema: { type: 'string', pattern: '^[a-z0-9-]{1,128}$' },
  },
  file: {
    ...{ name: 'file', in: 'path', required: true, description: 'A file of the page /docs.' },
    schema: { type: 'string' },
  },
} satisfies Record<string, Part>;

export type ParameterName = keyof typeof parameters;
