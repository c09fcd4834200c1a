import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTestFolder } from '@muster/testing';
import { expect } from 'chai';
import { keyFor, parseSiteKeys, readKeyFor } from './site-keys.ts';

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

describe('The file with the keys of sites', () => {
  it('is read each time, and counts in place of the setting', async () => {
    await using folder = await openTestFolder();
    const path = join(folder.path, 'keys');
    const source = { SITE_KEYS: parseSiteKeys('old'), SITE_KEYS_FILE: path };
    expect(await readKeyFor({ ...source, SITE_KEYS_FILE: '' }, 'https://lima')).to.equal('old');
    await writeFile(path, 'https://lima=one\nhttps://kyiv=two\n');
    expect(await readKeyFor(source, 'https://lima')).to.equal('one');
    expect(await readKeyFor(source, 'https://rome')).to.equal(undefined);
    await writeFile(path, 'https://lima=three\n');
    expect(await readKeyFor(source, 'https://lima')).to.equal('three');
  });

  it('that cannot be used is a problem which names it, and shows no key', async () => {
    await using folder = await openTestFolder();
    const path = join(folder.path, 'keys');
    const source = { SITE_KEYS: parseSiteKeys(''), SITE_KEYS_FILE: path };
    const problemOf = () => readKeyFor(source, 'https://lima').catch((error: Error) => error.message);
    expect(await problemOf())
      .to.contain(path)
      .and.contain('ENOENT');
    await writeFile(path, 'hunter2\nhunter3\n');
    expect(await problemOf())
      .to.contain('several keys')
      .and.not.contain('hunter');
  });
});
