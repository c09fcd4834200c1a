import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { KeyDocument } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

// A key is `muster_`, its id and its secret. The database has only a hash of the secret. The secret is random and long,
// so a fast hash is enough: nobody can try all.

const keysMax = 10_000; // a gateway reads all of them

const form = /^muster_([0-9a-f]{16})_([A-Za-z0-9_-]{32})$/;

/** Makes an API key. Returns it, to be shown once, and the document to store. */
export const newKey = (about: Pick<KeyDocument, 'name' | 'scope' | 'createdAt' | 'expiresAt'>) => {
  const id = randomBytes(8).toString('hex');
  const secret = randomBytes(24).toString('base64url');
  const document: KeyDocument = { _id: id, ...about, hash: hashOf(secret).toString('hex') };
  return { key: `muster_${id}_${secret}`, document };
};

/** Splits a key into its id and its secret. Undefined if the text has not the form of a key. */
export const parseKey = (text: string): { id: string; secret: string } | undefined => {
  const [, id, secret] = form.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
};

/** Whether this is the secret of a stored key. It takes the same time for all secrets. */
export const isSecretOf = ({ hash }: KeyDocument, secret: string): boolean => {
  const stored = Buffer.from(hash, 'hex');
  const given = hashOf(secret);
  return stored.length === given.length && timingSafeEqual(stored, given);
};

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/**
 * Stores a new key. Throws an Error if there are as many keys as gateways read, the driver's error, and DeadlineError
 * after `deadlineMs` milliseconds.
 */
export const storeKey = async (log: Log, document: KeyDocument, deadlineMs: number): Promise<void> => {
  const { keys } = handlesOf(log);
  const what = `store the key "${document.name}"`;
  if ((await withinDeadline(keys.countDocuments(), deadlineMs, what)) >= keysMax)
    throw new Error(`Cannot ${what}: there are ${keysMax} keys already; remove ended ones from the collection Keys`);
  await withinDeadline(keys.insertOne(document), deadlineMs, what);
};

/** Returns all keys, also those that ended, oldest first. Throws DeadlineError after `deadlineMs` milliseconds. */
export const readKeys = async (log: Log, deadlineMs: number): Promise<KeyDocument[]> => {
  const found = await withinDeadline(handlesOf(log).keys.find().limit(keysMax).toArray(), deadlineMs, 'read the keys');
  return found.sort((one, other) => one.createdAt.getTime() - other.createdAt.getTime());
};

/**
 * Revokes the keys with this id or name that are not revoked yet. Returns how many. Throws DeadlineError after
 * `deadlineMs` milliseconds.
 */
export const revokeKeys = async (log: Log, idOrName: string, revokedAt: Date, deadlineMs: number): Promise<number> => {
  const named = (await readKeys(log, deadlineMs)).filter(
    (key) => (key._id === idOrName || key.name === idOrName) && !key.revokedAt,
  );
  for (const { _id } of named)
    await withinDeadline(
      handlesOf(log).keys.updateOne({ _id }, { $set: { revokedAt } }),
      deadlineMs,
      `revoke the key "${idOrName}"`,
    );
  return named.length;
};
