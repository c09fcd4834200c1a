import { isSecretOf, type KeyDocument, parseKey } from '@muster/store';
import { type Problem, unavailable } from './problem.ts';
import type { RequestKind } from './requests.ts';
import { openTokens, type Tokens, verifyToken } from './tokens.ts';

/** The API keys that this gateway knows. A plain value. Only this file changes it. */
export type Keys = {
  readonly isRequired: boolean;
  readonly tokens: Tokens | undefined;
  byId: ReadonlyMap<string, KeyDocument> | undefined; // undefined until they were read
  // by the header `Authorization`: keys whose secret was compared already, and tokens that were verified
  proven: Map<string, Proven>;
};

type Proven = Pick<KeyDocument, 'name' | 'scope' | 'expiresAt' | 'revokedAt'>;
type KeySettings = { AUTH: 'auto' | 'on' | 'off'; HOST: string; TRUST_PROXY_HOPS: number } & Parameters<
  typeof openTokens
>[0];

const provenMax = 10_000;

/** Opens the keys. Without the setting, clients need a key unless only this machine can reach the gateway. */
export const openKeys = (settings: KeySettings): Keys => ({
  isRequired: settings.AUTH === 'on' || (settings.AUTH === 'auto' && isOpen(settings)),
  tokens: openTokens(settings),
  byId: undefined,
  proven: new Map(),
});

// behind a proxy, others reach it
const isOpen = ({ HOST, TRUST_PROXY_HOPS }: KeySettings): boolean => !isLoopback(HOST) || TRUST_PROXY_HOPS > 0;

const isLoopback = (host: string): boolean => /^(127(\.\d{1,3}){3}|localhost|::1)$/.test(host);

/** Takes over the keys that the database has now. */
export const takeKeys = (keys: Keys, stored: readonly KeyDocument[]): void => {
  keys.byId = new Map(stored.map((key) => [key._id, key]));
  // one of the keys may be revoked by now; tokens cannot be
  for (const [authorization] of keys.proven) if (parseKey(bearerOf(authorization))) keys.proven.delete(authorization);
};

/** Who sent a request: the name of the key, empty where none is needed. Or why it is refused. */
export type Identified = { kind: 'actor'; actor: string } | Refused;

/** `actor`: the name of a key that is valid, and may not do this. `isCounted`: it counts for the rate of the client. */
type Refused = { kind: 'refused'; problem: Problem; challenge: string; actor: string; isCounted: boolean };

const anybody: Identified = { kind: 'actor', actor: '' };

/** Identifies the client of a request by its header `Authorization`. */
export const identify = (keys: Keys, authorization: string, kind: RequestKind, now = Date.now()): Identified => {
  if (!keys.isRequired) return anybody;
  if (authorization === '') return refuse('');
  if (!keys.byId) return notYetRead;
  const key = keys.proven.get(authorization) ?? prove(keys, authorization);
  if (!key || key.revokedAt || (key.expiresAt && key.expiresAt.getTime() <= now)) return refuse('invalid_token');
  if (kind === 'write' && key.scope !== 'write' && key.scope !== 'admin') return forbid(key);
  return { kind: 'actor', actor: key.name };
};

/**
 * Returns whether the key of a connection still counts, each time that it is called. A token that was verified counts
 * until it expires: to verify it again would take a promise.
 */
export const openAllowance = (keys: Keys, authorization: string): (() => boolean) => {
  const token = parseKey(bearerOf(authorization)) ? undefined : keys.proven.get(authorization);
  return () =>
    token
      ? !token.expiresAt || token.expiresAt.getTime() > Date.now()
      : identify(keys, authorization, 'read').kind === 'actor';
};

/** Returns whether the key of a connection allows to follow this Muster as another site does. */
export const openSiteAllowance = (keys: Keys, authorization: string): (() => boolean) => {
  return () => {
    if (!keys.isRequired) return true;
    const scope = (keys.proven.get(authorization) ?? prove(keys, authorization))?.scope;
    return scope === 'site' || scope === 'admin';
  };
};

const prove = (keys: Keys, authorization: string): Proven | undefined => {
  const given = parseKey(bearerOf(authorization));
  const key = given && keys.byId?.get(given.id);
  if (!given || !key || !isSecretOf(key, given.secret)) return undefined;
  noteProven(keys, authorization, key);
  return key;
};

const noteProven = ({ proven }: Keys, authorization: string, key: Proven) => {
  if (proven.size >= provenMax) proven.clear();
  proven.set(authorization, key);
};

const bearerOf = (authorization: string): string => /^Bearer +(\S+)$/i.exec(authorization)?.[1] ?? '';

/** Whether a request has a token that must be verified first, which takes a promise. */
export const isTokenNew = ({ isRequired, tokens, proven }: Keys, authorization: string): boolean =>
  isRequired &&
  tokens !== undefined &&
  !proven.has(authorization) &&
  bearerOf(authorization) !== '' &&
  parseKey(bearerOf(authorization)) === undefined;

/** Verifies the token of a request. After that, `identify` knows it. Returns why it could not be verified. */
export const proveToken = async (keys: Keys, authorization: string): Promise<string | undefined> => {
  const verified = keys.tokens && (await verifyToken(keys.tokens, bearerOf(authorization)));
  if (verified?.kind === 'valid') noteProven(keys, authorization, verified);
  return verified?.kind === 'unknown' ? verified.why : undefined;
};

// the answer must not say which of the reasons it is
const refuse = (error: '' | 'invalid_token'): Identified => ({
  ...{ kind: 'refused', actor: '', isCounted: true },
  challenge: error === '' ? 'Bearer realm="muster"' : `Bearer realm="muster", error="${error}"`,
  problem: {
    name: 'key-required',
    detail:
      error === ''
        ? 'The request has no key; send it as Authorization: Bearer KEY. `muster keys create` makes one'
        : 'The key is unknown, has expired, or was revoked; `muster keys list` shows those that are valid',
  },
});

const notYetRead: Identified = {
  ...{ kind: 'refused', actor: '', isCounted: false },
  challenge: 'Bearer realm="muster"',
  problem: unavailable('Cannot look at the key: the keys were not read yet', { written: 'notWritten' }),
};

const forbid = ({ name, scope }: Proven): Identified => ({
  ...{ kind: 'refused', actor: name, isCounted: true },
  challenge: 'Bearer realm="muster", error="insufficient_scope", scope="write"',
  problem: {
    name: 'scope-too-small',
    detail: `The key has the scope "${scope}", and this request needs "write"; muster keys create makes another one`,
  },
});
