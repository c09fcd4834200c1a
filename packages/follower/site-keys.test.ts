import { expect } from 'chai';
import { keyFor, parseSiteKeys } from './site-keys.ts';

const problemOf = (text: string): string => {
  try {
    parseSiteKeys(text);
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe('The keys of sites', () => {
  it('are none, one for all sites, or one for each', () => {
    expect(keyFor(parseSiteKeys(''), 'https://oslo')).to.equal(undefined);
    expect(keyFor(parseSiteKeys('secret'), 'https://oslo')).to.equal('secret');
    const keys = parseSiteKeys(' https://Oslo/=one , https://lima:8443/site=two,three, ');
    expect(keyFor(keys, 'https://oslo')).to.equal('one');
    expect(keyFor(keys, 'https://lima:8443/site')).to.equal('two');
    expect(keyFor(keys, 'https://lima:8443')).to.equal('three');
    expect(keyFor(parseSiteKeys('https://oslo=one'), 'https://lima')).to.equal(undefined);
  });

  it('are refused if it is not clear which key is for which site, and are never shown', () => {
    for (const [text, part] of [
      ['hunter2,hunter3', 'several keys without a URL'],
      ['oslo=hunter2', 'one of its URLs is none'],
      ['https://ada:hunter2@oslo=key', 'one of its URLs is none'],
      ['https://oslo=hunter2,=hunter2', 'one of its URLs is none'],
      ['https://oslo=', 'a URL without a key'],
      ['https://oslo', 'a URL without a key'],
    ] as const) {
      expect(problemOf(text), text).to.contain(part);
      expect(problemOf(text), text).not.to.contain('hunter');
    }
  });
});
