import { expect } from 'chai';
import { parseCliSettings } from './settings.ts';

const usual = { DATABASE: 'muster', DATA: './data', COPIES: 2, LEASE_MS: 3_000 };

describe('The settings of the commands', () => {
  it('take a URI that names several hosts', () => {
    const MONGODB_URI = 'mongodb://a:27017,b:27017,c:27017/?replicaSet=rs0';
    expect(parseCliSettings({ MONGODB_URI })).to.deep.equal({ kind: 'settings', settings: { MONGODB_URI, ...usual } });
  });

  it('refuse a URI of something else without showing it', () => {
    const parsed = parseCliSettings({ MONGODB_URI: 'postgres://user:secret@host' });
    expect(parsed.kind).to.equal('problems');
    expect(JSON.stringify(parsed)).not.to.contain('secret');
  });
});
