import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { decodeKey, type Entity, encodeKey, type Filter, type Key, type SortKey } from '@muster/model';

// A cursor has the sort keys of a thing, and the mark of the filters and the sort that it belongs to. It is signed, so
// that only keys come back which a gateway gave out. The signing key comes from CLUSTER_SECRET: all gateways share it.

/** What a cursor belongs to. */
export type CursorScope = { entity: Pick<Entity, 'name'>; filters: readonly Filter[]; sort: readonly SortKey[] };

export type ParsedCursor = { kind: 'keys'; keys: Key[] } | { kind: 'foreign' } | { kind: 'invalid' };

/** The maximum length of a cursor, so that it fits into an address. */
export const cursorLengthMax = 6_000;

/** Returns the cursor of a thing with these sort keys. Undefined if it would be too long. */
export const writeCursor = (secret: string, scope: CursorScope, keys: readonly Key[]): string | undefined => {
  const payload = Buffer.from(JSON.stringify([markOf(scope), ...keys.map(encodeKey)]));
  const cursor = Buffer.concat([sign(secret, payload), payload]).toString('base64url');
  return cursor.length <= cursorLengthMax ? cursor : undefined;
};

/** Returns the sort keys in a cursor. `foreign`: it belongs to other filters or another sort. */
export const parseCursor = (secret: string, scope: CursorScope, cursor: string): ParsedCursor => {
  if (cursor.length > cursorLengthMax || !/^[A-Za-z0-9_-]+$/.test(cursor)) return { kind: 'invalid' };
  const bytes = Buffer.from(cursor, 'base64url');
  const payload = bytes.subarray(signatureBytes);
  const signature = sign(secret, payload);
  if (bytes.length <= signatureBytes || !timingSafeEqual(bytes.subarray(0, signatureBytes), signature))
    return { kind: 'invalid' };
  const [mark, ...keys] = JSON.parse(payload.toString('utf8')) as unknown[];
  if (mark !== markOf(scope) || keys.length !== scope.sort.length) return { kind: 'foreign' };
  return { kind: 'keys', keys: keys.map(decodeKey) };
};

const signatureBytes = 16;

const sign = (secret: string, payload: Buffer): Buffer => {
  const key = createHmac('sha256', secret).update('muster: cursors of lists, 1').digest();
  return createHmac('sha256', key).update(payload).digest().subarray(0, signatureBytes);
};

const markOf = ({ entity, filters, sort }: CursorScope): string => {
  const conditions = filters.map(({ field, operator, keys }) => JSON.stringify([field, operator, keys.map(encodeKey)]));
  const text = JSON.stringify([
    entity.name,
    conditions.sort(),
    sort.map(({ field, descending }) => [field, descending]),
  ]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
};
