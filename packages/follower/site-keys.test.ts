import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTestFolder } from '@muster/testing';
import { expect } from 'chai';
import { type KeyReader, keyFor, parseSiteKeys, readKeyFor, readOrKeepKeyFor } from './site-keys.ts';

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
      ['https://oslo=“hunter2”', 'a character that no key has'],
      ['hunter\u001b[200~2', 'a character that no key has'],
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

  it('that cannot be used any more leaves the earlier keys in use, and the log says so once a reason', async () => {
    await using folder = await openTestFolder();
    const path = join(folder.path, 'keys');
    const lines: string[] = [];
    const note = (kind: string) => (fields: object | string, text?: string) =>
      void lines.push(`${kind}: ${JSON.stringify(fields)} ${text}`);
    const reader: KeyReader = {
      settings: { SITE_KEYS: parseSiteKeys('fixed'), SITE_KEYS_FILE: path },
      kept: { keys: undefined, problem: undefined },
      logger: { info: note('info'), warn: note('warn') } as KeyReader['logger'],
    };
    const read = () => readOrKeepKeyFor(reader, 'https://lima').catch(({ message }: Error) => `problem: ${message}`);
    expect(await read(), 'there are no earlier keys').to.match(/^problem: .*ENOENT/);
    await writeFile(path, 'https://lima=hunter1\n');
    expect(await read()).to.equal('hunter1');
    await writeFile(path, 'hunter2\nhunter3\n');
    for (let times = 0; times < 3; times += 1) expect(await read()).to.equal('hunter1');
    await rm(path);
    for (let times = 0; times < 3; times += 1) expect(await read()).to.equal('hunter1');
    await writeFile(path, ''); // as while it is written
    expect(await read()).to.equal('hunter1');
    await writeFile(path, 'https://lima=hunter4\n');
    for (let times = 0; times < 3; times += 1) expect(await read()).to.equal('hunter4');
    expect(lines.map((line) => /^\w+/.exec(line)?.[0])).to.deep.equal(['warn', 'warn', 'warn', 'info']);
    expect(lines[0]).to.contain(path).and.contain('several keys').and.contain('the earlier keys stay in use');
    expect(lines[1]).to.contain('ENOENT');
    expect(lines.join('\n')).not.to.contain('hunter');
  });
});
