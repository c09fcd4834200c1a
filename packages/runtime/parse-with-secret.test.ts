import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseWithSecret } from './parse-with-secret.ts';
import { sharedSettings } from './settings.ts';

const MONGODB_URI = 'mongodb://localhost';
const parse = (environment: Record<string, string>) => parseWithSecret(sharedSettings, { MONGODB_URI, ...environment });
const problemsOf = (environment: Record<string, string>) => {
  const parsed = parse(environment);
  return parsed.kind === 'problems' ? parsed.problems : [];
};

describe('The secret in a file', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'muster-secret-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  const fileWith = (text: string) => {
    const path = join(folder, 'secret');
    writeFileSync(path, text);
    return path;
  };

  it('replaces CLUSTER_SECRET, without the line end', () => {
    const parsed = parse({ CLUSTER_SECRET_FILE: fileWith('sixteen letters!\n') });
    expect(parsed).to.have.nested.property('settings.CLUSTER_SECRET', 'sixteen letters!');
  });

  it('is ignored when CLUSTER_SECRET is set, but not when that is empty', () => {
    const CLUSTER_SECRET_FILE = fileWith('sixteen letters!');
    const given = parse({ CLUSTER_SECRET_FILE, CLUSTER_SECRET: 'seventeen letters' });
    expect(given).to.have.nested.property('settings.CLUSTER_SECRET', 'seventeen letters');
    const empty = parse({ CLUSTER_SECRET_FILE, CLUSTER_SECRET: '' });
    expect(empty).to.have.nested.property('settings.CLUSTER_SECRET', 'sixteen letters!');
  });

  it('is a problem when the file does not exist or cannot be read', () => {
    const path = join(folder, 'absent');
    expect(problemsOf({ CLUSTER_SECRET_FILE: path })).to.have.length(1);
    expect(problemsOf({ CLUSTER_SECRET_FILE: path }).join())
      .to.contain('"CLUSTER_SECRET_FILE"')
      .and.contain(path)
      .and.contain('ENOENT');
    expect(problemsOf({ CLUSTER_SECRET_FILE: folder }).join()).to.contain('EISDIR');
  });

  it('is a problem when it is empty, too short or too long; its text is never shown', () => {
    expect(problemsOf({ CLUSTER_SECRET_FILE: fileWith(' \n') }).join()).to.contain('is empty');
    for (const text of ['fifteen letters', 'x'.repeat(257)]) {
      const problems = problemsOf({ CLUSTER_SECRET_FILE: fileWith(text) });
      expect(problems).to.have.length(1);
      expect(problems.join()).to.contain(`${text.length} characters`).and.contain('16 to 256').and.not.contain(text);
    }
  });

  it('is reported together with the other problems', () => {
    const problems = problemsOf({ CLUSTER_SECRET_FILE: join(folder, 'absent'), PARTITIONS: '0' });
    expect(problems).to.have.length(2);
    expect(problems.join('\n')).to.contain('PARTITIONS').and.contain('CLUSTER_SECRET_FILE');
  });

  it('is optional: without both variables, CLUSTER_SECRET is reported as missing', () =>
    expect(problemsOf({})).to.deep.equal(['"CLUSTER_SECRET" is required (the value is not shown)']));
});
