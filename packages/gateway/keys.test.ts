import { newKey } from '@muster/store';
import { at } from '@muster/testing';
import { expect } from 'chai';
import { identify, type Keys, openKeys, takeKeys } from './keys.ts';
import { statusOf } from './problem.ts';
import type { RequestKind } from './requests.ts';

const noTokens = { JWKS_URL: '', JWT_ISSUER: '', JWT_AUDIENCE: '', TRUST_PROXY_HOPS: 0 };

const needed = (...stored: Parameters<typeof takeKeys>[1]): Keys => {
  const keys = openKeys({ AUTH: 'on', HOST: '127.0.0.1', ...noTokens });
  takeKeys(keys, stored);
  return keys;
};
const about = { name: 'ada', scope: 'write', createdAt: at(1) } as const;
const now = at(10).getTime();
const outcomeOf = (keys: Keys, header: string, kind: RequestKind = 'write') => {
  const identified = identify(keys, header, kind, now);
  return identified.kind === 'actor' ? identified.actor : statusOf(identified.problem);
};

describe('API keys', () => {
  it('are needed unless only this machine reaches the gateway, or the setting says otherwise', () => {
    const isRequired = (AUTH: 'auto' | 'on' | 'off', HOST: string) => openKeys({ AUTH, HOST, ...noTokens }).isRequired;
    for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1'])
      expect(isRequired('auto', host), host).to.equal(false);
    for (const host of ['0.0.0.0', '::', '10.0.0.1', 'muster.example.com', '127.0.0.1.example.com'])
      expect(isRequired('auto', host), host).to.equal(true);
    expect([isRequired('on', '127.0.0.1'), isRequired('off', '0.0.0.0')]).to.deep.equal([true, false]);
    const behindProxy = { ...noTokens, AUTH: 'auto', HOST: '127.0.0.1', TRUST_PROXY_HOPS: 1 } as const;
    expect(openKeys(behindProxy).isRequired).to.equal(true);
  });

  it('name the client, each time', () => {
    const { key, document } = newKey(about);
    const keys = needed(newKey(about).document, document);
    for (let times = 0; times < 3; times += 1) expect(outcomeOf(keys, `Bearer ${key}`)).to.equal('ada');
    expect(outcomeOf(keys, `bearer  ${key}`)).to.equal('ada');
    expect(outcomeOf(openKeys({ AUTH: 'off', HOST: '0.0.0.0', ...noTokens }), '')).to.equal('');
  });

  it('that are missing, malformed or unknown, or have another secret, get 401', () => {
    const { key, document } = newKey(about);
    const keys = needed(document);
    const other = `${key.slice(0, 24)}${newKey(about).key.slice(24)}`;
    for (const header of [
      '',
      'Bearer',
      `Basic ${key}`,
      key,
      `Bearer ${key}x`,
      `Bearer ${newKey(about).key}`,
      `Bearer ${other}`,
    ])
      expect(outcomeOf(keys, header), header).to.equal(401);
    const refused = identify(keys, `Bearer ${other}`, 'read', now);
    expect(JSON.stringify(refused)).not.to.contain(other.slice(24));
  });

  it('that allow reading only get 403 for a write', () => {
    const { key, document } = newKey({ ...about, scope: 'read' });
    const keys = needed(document);
    expect([outcomeOf(keys, `Bearer ${key}`, 'read'), outcomeOf(keys, `Bearer ${key}`)]).to.deep.equal(['ada', 403]);
  });

  it('end when they expire or are revoked, also if they were proven before', () => {
    const { key, document } = newKey({ ...about, expiresAt: new Date(now) });
    const keys = needed(document);
    expect(identify(keys, `Bearer ${key}`, 'read', now - 1).kind).to.equal('actor');
    expect(outcomeOf(keys, `Bearer ${key}`)).to.equal(401);
    const lasting = newKey(about);
    takeKeys(keys, [lasting.document]);
    expect(outcomeOf(keys, `Bearer ${lasting.key}`)).to.equal('ada');
    takeKeys(keys, [{ ...lasting.document, revokedAt: at(9) }]);
    expect(outcomeOf(keys, `Bearer ${lasting.key}`)).to.equal(401);
  });
});
