import { causeOf } from '@muster/runtime';

/**
 * Says why TLS with a site failed, and what to do. `error` is that of `fetch`. Undefined if it failed for another
 * reason. Pure.
 */
export const describeTlsProblem = (origin: string, error: unknown): string | undefined => {
  const { code, message } = Object(causeOf(error));
  if (typeof code !== 'string') return undefined;
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return `TLS with ${origin} fails (${code}). ${askForTls}`;
  const whatToDo = remedies[code] ?? (code.includes('CERT') ? renew : undefined);
  return whatToDo && `The certificate of ${origin} is refused (${code}): ${message}. ${whatToDo}`;
};

const trust =
  'If it is the right one, put the certificate of its authority, or itself if it has none, into a PEM file, ' +
  'and start this process with NODE_EXTRA_CA_CERTS=FILE';
const renew = 'Give that site a valid certificate';
const askForTls = 'Does a server with TLS listen there? Without one, the URL of the site begins with http';

const remedies: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: trust,
  SELF_SIGNED_CERT_IN_CHAIN: trust,
  UNABLE_TO_GET_ISSUER_CERT: trust,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: trust,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: trust,
  CERT_HAS_EXPIRED: 'Renew it at that site. If it is not that old, the clock of this machine is wrong',
  CERT_NOT_YET_VALID: 'It becomes valid later, or the clock of this machine is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Follow the site by a name that its certificate has, or give it one for this name',
};
