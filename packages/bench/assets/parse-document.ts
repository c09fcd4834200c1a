/** What a document must contain: its type, one attribute of at most `most` characters, and perhaps a relationship. */
export type Expected = { type: string; attribute: string; most: number; to?: string };

export type ParsedDocument =
  | { kind: 'resource'; id: string | undefined; value: string; related: string | undefined }
  | { kind: 'problem'; problem: string };

/** Parses a JSON:API document with one resource. Pure. */
export const parseDocument = (body: unknown, { type, attribute, most, to }: Expected): ParsedDocument => {
  const id = memberAt(body, ['data', 'id']);
  const value = memberAt(body, ['data', 'attributes', attribute]);
  const related = to === undefined ? undefined : memberAt(body, ['data', 'relationships', to, 'data', 'id']);
  if (memberAt(body, ['data', 'type']) !== type) return problem(`data.type must be ${type}`);
  if (id !== undefined && !isId(id)) return problem('data.id must have 1 to 64 of A-Z a-z 0-9 _ -');
  if (typeof value !== 'string' || value === '' || value.length > most)
    return problem(`data.attributes.${attribute} must have 1 to ${most} characters`);
  if (to === undefined) return { kind: 'resource', id, value, related: undefined };
  if (!isId(related)) return problem(`data.relationships.${to}.data.id must be an id`);
  return { kind: 'resource', id, value, related };
};

const memberAt = (body: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((at, name) => (isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined), body);

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isId = (value: unknown): value is string => typeof value === 'string' && /^[A-Za-z0-9_-]{1,64}$/.test(value);

const problem = (text: string): ParsedDocument => ({ kind: 'problem', problem: text });
