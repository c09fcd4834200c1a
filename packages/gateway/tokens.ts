import type { KeyScope } from '@muster/store';
import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';

/** How the tokens of an identity provider (JWT, RFC 7519) are verified. */
export type Tokens = { keyOf: JWTVerifyGetKey; issuer: string | undefined; audience: string | undefined };

type TokenSettings = { JWKS_URL: string; JWT_ISSUER: string; JWT_AUDIENCE: string };

const fetchMs = 3_000;

/** Opens the verification of tokens. Undefined if the settings name no address of public keys. */
export const openTokens = ({ JWKS_URL, JWT_ISSUER, JWT_AUDIENCE }: TokenSettings): Tokens | undefined => {
  if (JWKS_URL === '') return undefined;
  const keyOf = createRemoteJWKSet(new URL(JWKS_URL), { timeoutDuration: fetchMs, [customFetch]: fetch });
  return { keyOf, issuer: JWT_ISSUER || undefined, audience: JWT_AUDIENCE || undefined };
};

/**
 * What a token says: whose it is and what it allows, until when. `invalid`: it is forged, expired, or of somebody else.
 * `unknown`: the public keys could not be read, so nobody can tell.
 */
export type Verified =
  | { kind: 'valid'; name: string; scope: KeyScope; expiresAt: Date }
  | { kind: 'invalid' }
  | { kind: 'unknown'; why: string };

// those of public keys only: with a shared secret, whoever verifies could also forge
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** Verifies a token. Never rejects. */
export const verifyToken = async ({ keyOf, issuer, audience }: Tokens, token: string): Promise<Verified> => {
  const own = { ...(issuer ? { issuer } : {}), ...(audience ? { audience } : {}) };
  try {
    const { payload } = await jwtVerify(token, keyOf, { ...own, algorithms, requiredClaims: ['exp', 'sub'] });
    return readClaims(payload);
  } catch (error) {
    if (isUnreadable(error)) return { kind: 'unknown', why: error instanceof Error ? error.message : String(error) };
    return { kind: 'invalid' };
  }
};

const readClaims = ({ sub, exp = 0, scope }: JWTPayload): Verified => {
  const scopes = typeof scope === 'string' ? scope.split(' ') : [];
  const allowed = (['admin', 'write', 'site', 'read'] as const).find((one) => scopes.includes(`muster:${one}`));
  const expiresAt = new Date(exp * 1_000);
  if (allowed === undefined || !isName(sub) || Number.isNaN(expiresAt.getTime())) return { kind: 'invalid' };
  // a name of its own kind, so that nobody passes for a key
  return { kind: 'valid', name: `token:${sub}`, scope: allowed, expiresAt };
};

// a provider may put anything there
const isName = (sub: unknown): sub is string =>
  typeof sub === 'string' && sub !== '' && sub.length <= 200 && sub.isWellFormed();

// all other errors are about the token
const isUnreadable = (error: unknown): boolean =>
  error instanceof errors.JWKSTimeout ||
  error instanceof errors.JWKSInvalid ||
  !(error instanceof errors.JOSEError) ||
  error.code === 'ERR_JOSE_GENERIC';
