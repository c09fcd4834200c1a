/** A part of an OpenAPI document. */
export type Part = { [key: string]: unknown };

const version = { type: 'string', pattern: '^"[0-9]+"$' };
const text = { type: 'string' };
const milliseconds = { type: 'integer', minimum: 0 };

/** The headers of answers, by their names. */
const answerHeaders: Readonly<Record<string, Part>> = {
  'X-Request-Id': {
    description: 'The id of the request: yours if you sent one, else the gateway’s. It is in the event and in the log.',
    schema: { type: 'string', minLength: 1, maxLength: 128 },
  },
  ETag: { description: 'The version of the thing, in quotes. It grows by 1 with each event.', schema: version },
  Location: { description: 'The address of the new thing.', schema: { type: 'string' } },
  Link: { description: 'The addresses of the next and the previous page (RFC 8288).', schema: { type: 'string' } },
  'Muster-Source': {
    description: 'Where the answer comes from: aggregators (memory), database (snapshot and log) or log (a write).',
    schema: { type: 'string' },
  },
  'Muster-Total': {
    description: 'How many things there are in all, if `total=true` asks for it.',
    schema: milliseconds,
  },
  'Muster-Lag-Ms': { description: 'How old the answer may be, in milliseconds.', schema: milliseconds },
  'Muster-As-Of': {
    description: 'The answer comes from the snapshot, and has all writes before this time.',
    schema: { type: 'string', format: 'date-time' },
  },
  'Muster-Parked': {
    description: 'The next event of the thing cannot be understood. The answer is the state before it.',
    schema: { const: 'true' },
  },
  'Retry-After': { description: 'Seconds after which the request may be sent again.', schema: milliseconds },
  Allow: { description: 'The methods that this address knows.', schema: { type: 'string' } },
  'Accept-Patch': { description: 'The media types of a PATCH.', schema: { type: 'string' } },
  'WWW-Authenticate': { description: 'How to send a key, and why this one is refused.', schema: { type: 'string' } },
  RateLimit: { description: 'What is left of the rate, and in how many seconds it begins anew.', schema: text },
  'RateLimit-Policy': { description: 'How many requests a client may send in how many seconds.', schema: text },
  'Accept-Encoding': { description: 'The encodings of a body that are supported.', schema: { type: 'string' } },
};

/** The headers as parts of the document: each twice, as one that may be missing and as one that is always there. */
export const headerParts: Part = Object.fromEntries(
  Object.entries(answerHeaders).flatMap(([name, header]) => [
    [name, header],
    [`${name}.always`, { ...header, required: true }],
  ]),
);

/** Returns the description of these headers. All but the first list may be missing in an answer. */
export const describeHeaders = (always: readonly string[], sometimes: readonly string[]): Part =>
  Object.fromEntries([
    ...sometimes.map((name) => [name, { $ref: `#/components/headers/${name}` }]),
    ...always.map((name) => [name, { $ref: `#/components/headers/${name}.always` }]),
  ]);
