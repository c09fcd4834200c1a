import { expect } from 'chai';
import { describeTlsProblem } from './tls-problem.ts';

const origin = 'https://lima.example.com';
const failed = (code: string | undefined, message = 'the reason') =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(message), { code }) });
const describeCode = (code: string) => describeTlsProblem(origin, failed(code));

describe('The problem with the TLS of a site', () => {
  it('names the certificate, its site, the reason and what to do', () => {
    expect(describeTlsProblem(origin, failed('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate'))).to.equal(
      'The certificate of https://lima.example.com is refused (DEPTH_ZERO_SELF_SIGNED_CERT): self-signed certificate. ' +
        'If it is the right one, put the certificate of its authority, or itself if it has none, into a PEM file, ' +
        'and start this process with NODE_EXTRA_CA_CERTS=FILE',
    );
    expect(describeCode('CERT_HAS_EXPIRED')).to.match(/^The certificate of .*: the reason\. Renew it at that site\./);
    expect(describeCode('CERT_NOT_YET_VALID')).to.match(/ becomes valid later, or the clock /);
    expect(describeCode('ERR_TLS_CERT_ALTNAME_INVALID')).to.match(/ by a name that its certificate has/);
    expect(describeCode('CERT_REVOKED')).to.match(/\(CERT_REVOKED\): the reason\. Give that site a valid certificate$/);
  });

  it('names NODE_EXTRA_CA_CERTS only where that helps', () => {
    const codes = ['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'];
    for (const code of codes) expect(describeCode(code), code).to.include('NODE_EXTRA_CA_CERTS=FILE');
    for (const code of ['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_REVOKED'])
      expect(describeCode(code), code).to.not.include('NODE_EXTRA_CA_CERTS');
  });

  it('is that the server does not use TLS, in words that do not change from one attempt to the next', () => {
    expect(describeTlsProblem(origin, failed('ERR_SSL_WRONG_VERSION_NUMBER', '80FC:error:0A00010B'))).to.equal(
      'TLS with https://lima.example.com fails (ERR_SSL_WRONG_VERSION_NUMBER). ' +
        'Does a server with TLS listen there? Without one, the URL of the site begins with http',
    );
    expect(describeCode('EPROTO')).to.match(/^TLS with .* fails \(EPROTO\)/);
  });

  it('is none where something else failed', () => {
    for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_SOCKET', undefined])
      expect(describeTlsProblem(origin, failed(code)), code).to.equal(undefined);
    for (const error of [new Error('aborted'), undefined, 'text', null])
      expect(describeTlsProblem(origin, error)).to.equal(undefined);
  });
});
