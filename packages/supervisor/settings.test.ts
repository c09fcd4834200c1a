import { expect } from 'chai';
import { parseLocalSettings } from './settings.ts';

describe('The settings of npm start', () => {
  it('have defaults, except MONGODB_URI and the ports beside PORT', () => {
    const processes = { AGGREGATORS: 3, GATEWAYS: 1, DATABASE: 'muster', COPIES: 2, LEASE_MS: 3_000 };
    const settings = { PORT: 3_000, HOST: '127.0.0.1', DATA: './data', ...processes };
    expect(parseLocalSettings({})).to.deep.equal({ kind: 'settings', settings });
  });

  it('are read from the environment; other variables are ignored', () => {
    const parsed = parseLocalSettings({ PORT: '3001', MONGODB_PORT: '27200', SNAPSHOT_EVERY: 'not ours' });
    expect(parsed.kind === 'settings' && parsed.settings).to.include({ PORT: 3_001, MONGODB_PORT: 27_200 });
  });

  it('are refused with all problems at once, without the password of a URI', () => {
    const parsed = parseLocalSettings({ PORT: '70000', HEALTH_PORT: 'x', MONGODB_URI: 'http://ada:secret@host' });
    const problems = parsed.kind === 'problems' ? parsed.problems : [];
    expect(problems).to.have.length(3);
    expect(problems.join('\n'))
      .to.contain('PORT')
      .and.contain('HEALTH_PORT')
      .and.contain('MONGODB_URI')
      .and.not.contain('secret');
  });
});
