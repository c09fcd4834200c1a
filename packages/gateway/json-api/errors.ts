import type { Json } from './documents.ts';

/** Where the members of the body of a request were sent: as fields, or as a document with these relationships. */
export type Sent = { kind: 'fields' } | { kind: 'document'; relationships: Readonly<Record<string, string>> };

/** The errors of a problem: one for each fault of the input, or the problem itself. Pure. */
export const errorsOf = (problem: Json, sent: Sent): Json => {
  const { type, title, status, detail, errors, ...meta } = problem;
  const about = { status: String(status), code: codeOf(type), title, links: { type } };
  if (!Array.isArray(errors)) return { errors: [{ ...about, detail, meta }] };
  return {
    errors: errors.map(({ pointer, detail: fault, ...more }) => ({
      ...about,
      detail: fault,
      ...sourceOf(pointer, more.code, sent),
      meta: { ...meta, ...more },
    })),
  };
};

const codeOf = (type: unknown): string => String(type).replace(/^.*[:/]/, '');

const sourceOf = (pointer: string, code: unknown, sent: Sent): Json => {
  if (pointer === '') return {};
  if (code === 'invalid-parameter' || code === 'unknown-parameter') return { source: { parameter: pointer.slice(1) } };
  return { source: { pointer: sent.kind === 'document' ? pointerInto(pointer, sent.relationships) : pointer } };
};

/** The client sent the fields as attributes, the id beside them, and perhaps some as relationships. */
const pointerInto = (pointer: string, relationships: Readonly<Record<string, string>>): string => {
  const name = relationships[pointer.slice(1)];
  if (name !== undefined) return `/data/relationships/${name}`;
  if (pointer === '/id') return '/data/id';
  return pointer.startsWith('/data') ? pointer : `/data/attributes${pointer}`;
};
