import type { KeyDocument } from '@muster/store';
import { describeTable } from '../describe-table.ts';

/** Describes keys as a table, a line each. Pure. */
export const describeKeys = (keys: readonly KeyDocument[], now: Date): string => {
  if (keys.length === 0)
    return 'There are no keys. Make one with: muster keys create --name NAME --scope read|write|site|admin';
  return describeTable([['id', 'name', 'scope', 'created', 'state'], ...keys.map((key) => rowOf(key, now))]);
};

const rowOf = (key: KeyDocument, now: Date): string[] => [
  key._id,
  key.name,
  key.scope,
  dayOf(key.createdAt),
  stateOf(key, now),
];

const stateOf = ({ revokedAt, expiresAt }: KeyDocument, now: Date): string => {
  if (revokedAt) return `revoked ${dayOf(revokedAt)}`;
  if (!expiresAt) return 'valid';
  return expiresAt <= now ? `expired ${dayOf(expiresAt)}` : `valid until ${dayOf(expiresAt)}`;
};

const dayOf = (date: Date): string => date.toISOString().slice(0, 10);
