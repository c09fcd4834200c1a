import { type KeyDocument, type KeyScope, newKey, readKeys, revokeKeys, storeKey } from '@muster/store';
import { onDatabase } from '../on-database.ts';
import { describeKeys } from './describe-keys.ts';
import { parseDuration } from './parse-duration.ts';

export type CreateKeyOptions = { name: string; scope: KeyScope; expires?: string };

type Print = (text: string) => void;

const deadlineMs = 5_000;
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/**
 * Makes an API key and prints it, once. Returns the exit code: 0, or 2 when it could not. `expires` is a duration such
 * as `90d`.
 */
export const createKey = (environment: NodeJS.ProcessEnv, options: CreateKeyOptions, print: Print): Promise<number> =>
  onDatabase(environment, 'create a key', print, async (log) => {
    const { name, scope, expires } = options;
    if (!nameForm.test(name))
      return `the name is ${JSON.stringify(name.slice(0, 80))}; it must be 1 to 64 letters, digits and . _ @ -`;
    const durationMs = expires === undefined ? undefined : parseDuration(expires);
    if (expires !== undefined && durationMs === undefined)
      return `--expires is ${JSON.stringify(expires.slice(0, 80))}; it must be a duration such as 12h, 90d or 2y`;
    const taken = (await readKeys(log, deadlineMs)).find((key) => key.name === name && isValid(key));
    if (taken) return `a key named "${name}" is valid already; revoke it first, or choose another name`;
    const createdAt = new Date();
    const expiresAt = durationMs === undefined ? {} : { expiresAt: new Date(createdAt.getTime() + durationMs) };
    const { key, document } = newKey({ name, scope, createdAt, ...expiresAt });
    await storeKey(log, document, deadlineMs);
    print(key);
    print('This key is shown only now. Gateways accept it within 2 seconds, as: Authorization: Bearer KEY');
    return undefined;
  });

/** Prints the API keys, without the keys themselves. Returns the exit code: 0, or 2 when it could not. */
export const listKeys = (environment: NodeJS.ProcessEnv, print: Print): Promise<number> =>
  onDatabase(environment, 'list the keys', print, async (log) => {
    print(describeKeys(await readKeys(log, deadlineMs), new Date()));
    return undefined;
  });

/** Revokes the API keys with this id or name. Returns the exit code: 0, or 2 when there was none or it could not. */
export const revokeKey = (environment: NodeJS.ProcessEnv, idOrName: string, print: Print): Promise<number> =>
  onDatabase(environment, 'revoke the key', print, async (log) => {
    const revoked = await revokeKeys(log, idOrName, new Date(), deadlineMs);
    if (revoked === 0) return `no valid key has the id or name ${JSON.stringify(idOrName.slice(0, 80))}`;
    print(`Revoked ${revoked === 1 ? 'the key' : `${revoked} keys`}. Gateways refuse it within 2 seconds`);
    return undefined;
  });

const isValid = ({ revokedAt, expiresAt }: KeyDocument): boolean =>
  !revokedAt && (!expiresAt || expiresAt.getTime() > Date.now());
