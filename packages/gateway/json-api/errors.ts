import type { Fault, FaultPlace } from '@muster/model';
import type { Json } from './documents.ts';

/**
 * Where the members of the body of a request were sent: in none, as fields, or as a document with these relationships.
 * `body` is what was sent; undefined if it could not be read.
 */
export type Sent =
  | { kind: 'nothing' }
  | { kind: 'fields'; body: unknown }
  | { kind: 'document'; body: unknown; relationships: Readonly<Record<string, string>> };

/**
 * The errors of a problem: one for each fault of the input, or the problem itself. `faults`: those of the problem, with
 * their places. `query`: the parameters of the request. Pure.
 */
export const errorsOf = (problem: Json, faults: readonly Fault[], sent: Sent, query: Json): Json => {
  const { type, title, status, detail, errors, ...meta } = problem;
  const about = { status: String(status), code: codeOf(type), title, links: { type } };
  if (!Array.isArray(errors)) return { errors: [{ ...about, detail, meta }] };
  return {
    errors: errors.map(({ pointer, detail: fault, ...more }, at) => {
      const source = sourceOf(pointer, faults[at]?.place, more.code, sent, query);
      return { ...about, detail: fault, ...(source ? { source } : {}), meta: { ...meta, ...more } };
    }),
  };
};

const codeOf = (type: unknown): string => String(type).replace(/^.*[:/]/, '');

/** What in the request a fault is about. It is always there: a header, a parameter, or a member of the body. */
const sourceOf = (
  pointer: string,
  place: FaultPlace | undefined,
  code: unknown,
  sent: Sent,
  query: Json,
): Json | undefined => {
  if (place !== undefined) return place === 'path' ? undefined : place;
  const name = pointer.slice(1);
  if (sent.kind === 'nothing' || ofParameters.includes(code))
    return Object.hasOwn(query, name) ? { parameter: name } : undefined;
  const found = pointerTo(pointer, sent);
  return found === '' ? undefined : { pointer: found };
};

const ofParameters: readonly unknown[] = ['invalid-parameter', 'unknown-parameter'];

/** The pointer into the body that was sent: to the member, or to the next one around it that is there. */
const pointerTo = (pointer: string, sent: Exclude<Sent, { kind: 'nothing' }>): string => {
  if (pointer === '' || sent.body === undefined) return pointer;
  return upToExisting(sent.body, sent.kind === 'document' ? pointerInto(pointer, sent.relationships) : pointer);
};

/** The client sent the fields as attributes, the id beside them, and perhaps some as relationships. */
const pointerInto = (pointer: string, relationships: Readonly<Record<string, string>>): string => {
  const field = pointer.slice(1);
  if (Object.hasOwn(relationships, field)) return `/data/relationships/${relationships[field]}`;
  return pointer === '/id' ? '/data/id' : `/data/attributes${pointer}`;
};

const upToExisting = (body: unknown, pointer: string): string => {
  const steps = pointer.split('/').slice(1);
  const existing = steps.slice(0, countExisting(body, steps));
  return existing.map((step) => `/${step}`).join('');
};

const countExisting = (value: unknown, [step, ...inner]: readonly string[]): number => {
  if (step === undefined || typeof value !== 'object' || value === null) return 0;
  const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
  return Object.hasOwn(value, key) ? 1 + countExisting((value as Json)[key], inner) : 0;
};
