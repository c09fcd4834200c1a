import { expect } from 'chai';
import { parseFollowerSettings } from './settings.ts';
import { keyFor } from './site-keys.ts';

const needed = { MONGODB_URI: 'mongodb://127.0.0.1:1', SITE: 'oslo' };
const settingsOf = (environment: Record<string, string>) => {
  const parsed = parseFollowerSettings({ ...needed, ...environment });
  if (parsed.kind === 'problems') throw new Error(parsed.problems.join('; '));
  return parsed.settings;
};
const problemsOf = (environment: Record<string, string>) => {
  const parsed = parseFollowerSettings({ ...needed, ...environment });
  return parsed.kind === 'problems' ? parsed.problems : [];
};

describe('The settings of a follower', () => {
  it('need the database and the name of this site only', () => {
    const { SITES, SITE_KEYS, ...others } = settingsOf({});
    expect(others).to.deep.include({ SITE: 'oslo', FOLLOW: 'auto', FOLLOW_POLL_MS: 10_000, FOLLOW_BATCH_MAX: 500 });
    expect(SITES).to.deep.equal([]);
    expect(keyFor(SITE_KEYS, 'https://lima')).to.equal(undefined);
  });

  it('list the sites and their keys', () => {
    const { SITES, SITE_KEYS } = settingsOf({
      ...{ SITES: ' https://lima/ ,, http://127.0.0.1:8080', SITE_KEYS: 'https://lima=one,two', FOLLOW: 'poll' },
    });
    expect(SITES).to.deep.equal(['https://lima', 'http://127.0.0.1:8080']);
    expect(SITES.map((url) => keyFor(SITE_KEYS, url))).to.deep.equal(['one', 'two']);
  });

  it('are refused with all problems at once', () => {
    const problems = problemsOf({
      ...{ MONGODB_URI: '', SITE: '', SITES: 'lima', SITE_KEYS: 'a,b' },
      ...{ FOLLOW: 'push', FOLLOW_POLL_MS: '1', FOLLOW_BATCH_MAX: '0' },
    });
    const names = ['MONGODB_URI', 'SITE', 'SITES', 'SITE_KEYS', 'FOLLOW', 'FOLLOW_POLL_MS', 'FOLLOW_BATCH_MAX'];
    expect(problems).to.have.length(names.length);
    for (const name of names)
      expect(
        problems.filter((problem) => problem.startsWith(`"${name}"`)),
        name,
      ).to.have.length(1);
  });

  it('name this site as addresses and metrics can show it', () => {
    for (const SITE of ['oslo', 'oslo-2', '1', 'x'.repeat(32)]) expect(settingsOf({ SITE }).SITE).to.equal(SITE);
    for (const SITE of ['Oslo', 'os lo', '-oslo', 'x'.repeat(33), 'ø'])
      expect(problemsOf({ SITE }).join(), SITE).to.contain('"SITE"');
  });

  it('show no password and no key in a problem', () => {
    const wrong: Record<string, string>[] = [
      { MONGODB_URI: 'mongo://ada:hunter2@host' },
      { SITES: 'https://lima,https://ada:hunter2@kyiv' },
      { SITES: 'ftp://ada:hunter2@kyiv' },
      { SITES: 'https://ada:hunter2@ky iv' },
      { SITE_KEYS: 'hunter2,hunter22' },
      { SITE_KEYS: 'kyiv=hunter2' },
    ];
    for (const one of wrong) {
      const text = problemsOf(one).join();
      expect(text, JSON.stringify(one)).to.contain(`"${Object.keys(one)[0]}"`);
      expect(text, JSON.stringify(one)).not.to.contain('hunter2');
    }
    expect(problemsOf({ SITES: 'lima' }).join()).to.contain('"lima" is no URL');
  });
});
