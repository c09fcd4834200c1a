import { at, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { isSecretOf, newKey, parseKey, readKeys, revokeKeys, storeKey } from './keys.ts';
import { handlesOf } from './open-log.ts';

const deadlineMs = 5_000;
const about = { name: 'billing', scope: 'write', createdAt: at(1) } as const;

describe('An API key', () => {
  it('is stored without its secret, and is proven by it', async () => {
    await using log = await openTestLog();
    const { key, document } = newKey(about);
    await storeKey(log, document, deadlineMs);
    const [stored] = await readKeys(log, deadlineMs);
    const given = parseKey(key);
    expect(given?.id).to.equal(stored?._id);
    expect(stored && isSecretOf(stored, given?.secret ?? '')).to.equal(true);
    expect(stored && isSecretOf(stored, newKey(about).key.slice(-32))).to.equal(false);
    const text = JSON.stringify(await handlesOf(log).keys.find().toArray());
    expect(text).to.contain('billing').and.not.contain(given?.secret);
  });

  it('is refused when there are more than a gateway reads', async () => {
    await using log = await openTestLog();
    const documents = Array.from({ length: 10_000 }, () => newKey(about).document);
    await handlesOf(log).keys.insertMany(documents);
    const refused = await storeKey(log, newKey(about).document, deadlineMs).catch((error: Error) => error.message);
    expect(refused).to.match(/there are 10000 keys already; remove ended ones/);
    expect(await readKeys(log, deadlineMs)).to.have.length(10_000);
  });

  it('has one form only', () => {
    const { key } = newKey(about);
    expect(key).to.match(/^muster_[0-9a-f]{16}_[A-Za-z0-9_-]{32}$/);
    for (const text of ['', 'muster', key.slice(1), `${key}x`, ` ${key}`, key.toUpperCase(), key.replace('_', '-')])
      expect(parseKey(text), text).to.equal(undefined);
  });

  it('differs from all others', () =>
    expect(new Set(Array.from({ length: 1_000 }, () => newKey(about).key)).size).to.equal(1_000));

  it('is revoked by its id or its name, once', async () => {
    await using log = await openTestLog();
    const [one, two, other] = [newKey(about), newKey(about), newKey({ ...about, name: 'other' })];
    for (const { document } of [one, two, other]) await storeKey(log, document, deadlineMs);
    expect(await revokeKeys(log, one.document._id, at(2), deadlineMs)).to.equal(1);
    expect(await revokeKeys(log, 'billing', at(3), deadlineMs)).to.equal(1);
    expect(await revokeKeys(log, 'billing', at(4), deadlineMs)).to.equal(0);
    const revoked = new Map((await readKeys(log, deadlineMs)).map((key) => [key._id, key.revokedAt]));
    expect([one, two, other].map(({ document }) => revoked.get(document._id))).to.deep.equal([at(2), at(3), undefined]);
  });
});
