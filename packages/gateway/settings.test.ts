import { expect } from 'chai';
import { parseGatewaySettings } from './settings.ts';

const needed = { MONGODB_URI: 'mongodb://127.0.0.1:1', CLUSTER_SECRET: 'the secret of the tests' };
const problemsOf = (environment: Record<string, string>) => {
  const parsed = parseGatewaySettings({ ...needed, ...environment });
  return parsed.kind === 'problems' ? parsed.problems.join('; ') : '';
};

describe('The settings of a gateway', () => {
  it('name an audience wherever they name the keys of tokens, and read those over https', () => {
    const JWKS_URL = 'https://login.example/jwks';
    expect(problemsOf({ JWKS_URL })).to.contain('JWT_AUDIENCE');
    expect(problemsOf({ JWKS_URL, JWT_AUDIENCE: 'muster' })).to.equal('');
    expect(problemsOf({ JWKS_URL: 'http://127.0.0.1:9/jwks', JWT_AUDIENCE: 'muster' })).to.equal('');
    expect(problemsOf({ JWKS_URL: 'http://login.example/jwks', JWT_AUDIENCE: 'muster' })).to.contain('JWKS_URL');
  });

  it('have a rate, origins and an authentication of one form each', () => {
    const right: Record<string, string>[] = [
      { RATE_LIMIT: '100/10' },
      { CORS_ORIGINS: '*' },
      { CORS_ORIGINS: 'https://a.example,http://b:1' },
      { AUTH: 'off' },
    ];
    for (const one of right) expect(problemsOf(one), JSON.stringify(one)).to.equal('');
    const wrong: Record<string, string>[] = [
      { RATE_LIMIT: '100' },
      { RATE_LIMIT: '0/1' },
      { CORS_ORIGINS: 'a.example' },
      { AUTH: 'maybe' },
    ];
    for (const one of wrong) expect(problemsOf(one), JSON.stringify(one)).to.contain(Object.keys(one)[0]);
  });
});
