import { expect } from 'chai';
import { parseSitesSettings, planSites } from './plan-sites.ts';

describe('Sites on one machine', () => {
  const secret = { CLUSTER_SECRET: 'a secret of one', CLUSTER_SECRET_FILE: '/secret' };
  const sites = planSites({ PATH: '/bin', SITES: 'http://old', ...secret }, '/data', [3000, 3001, 3002]);

  it('have a name, a folder and a port each, and follow the others', () => {
    expect(sites.map(({ name, url }) => `${name} ${url}`)).to.deep.equal([
      'oslo http://127.0.0.1:3000',
      'lima http://127.0.0.1:3001',
      'kyiv http://127.0.0.1:3002',
    ]);
    const [, lima] = sites;
    expect(lima?.start).to.include({ PATH: '/bin', SITE: 'lima', DATA: '/data/lima', PORT: '3001', AGGREGATORS: '2' });
    expect(lima?.follow.SITES).to.equal('http://127.0.0.1:3000,http://127.0.0.1:3002');
    expect(lima?.follow).to.include({ SITE: 'lima', DATA: '/data/lima' });
  });

  it('let the pages of each other read them, under both names of this machine', () => {
    for (const { start } of sites)
      expect(start.CORS_ORIGINS?.split(',')).to.include.members(['http://127.0.0.1:3002', 'http://localhost:3000']);
  });

  it('have no secret in common', () => {
    for (const { start, follow } of sites)
      expect({ ...start, ...follow }).not.to.have.any.keys('CLUSTER_SECRET', 'CLUSTER_SECRET_FILE');
  });

  it('refuse a database that they would share, and ports that there are not', () => {
    expect(parseSitesSettings({})).to.deep.equal({
      ...{ kind: 'settings', settings: { PORT: 3000, DATA: './data/sites' } },
    });
    const refused = parseSitesSettings({ MONGODB_URI: 'mongodb://localhost', PORT: '65534' });
    expect(refused.kind === 'problems' && refused.problems.join('\n')).to.match(/MONGODB_URI is set.*\n.*"PORT"/);
    const keyed = parseSitesSettings({ AUTH: 'on' });
    expect(keyed.kind === 'problems' && keyed.problems.join('\n')).to.match(/AUTH is on.*unset it/);
  });
});
