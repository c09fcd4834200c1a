import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openTestFolder } from '@muster/testing';
import { expect } from 'chai';
import { findServer } from './find-server.ts';
import type { Search } from './server.ts';

describe('The search for a MongoDB server', function () {
  this.timeout(60_000);

  it('uses a mongod on the PATH first, and reports it', async () => {
    await using folder = await openTestFolder();
    const binary = await writeMongod(folder.path, 'v8.0.4');
    const heard: string[] = [];
    const found = await findServer(searchIn(folder.path, { say: (text) => heard.push(text) }));
    expect(found).to.deep.equal({ kind: 'mongod', binary });
    expect(heard.join()).to.contain('mongod on the PATH').and.contain(binary);
  });

  it('skips a mongod that is too old', async () => {
    await using folder = await openTestFolder();
    const binary = await writeMongod(folder.path, 'v4.4.29');
    const found = await findServer(searchIn(folder.path));
    expect(found.binary).not.to.equal(binary);
  });

  it('skips a mongod when SecantusDB wrote the data', async () => {
    await using folder = await openTestFolder();
    await writeMongod(folder.path, 'v8.0.4');
    const found = await findServer(searchIn(folder.path, { only: 'secantus' }));
    expect(found.kind).to.equal('secantus');
  });

  it('fails when a server named by the user does not run, and uses no other', async () => {
    const search = searchIn('/nowhere', { environment: { ...process.env, MONGOMS_SYSTEM_BINARY: '/nowhere/mongod' } });
    const failure = await findServer(search).catch((error: unknown) => error);
    expect(String(failure)).to.contain('/nowhere/mongod');
  });
});

const searchIn = (folder: string, more: Partial<Search> = {}): Search => ({
  environment: { ...process.env, MONGOMS_SYSTEM_BINARY: '', PATH: `${folder}:${process.env.PATH}` },
  say: () => undefined,
  ...more,
});

const writeMongod = async (folder: string, version: string) => {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'mongod');
  await writeFile(path, `#!/bin/sh\necho 'db version ${version}'\n`, { mode: 0o755 });
  return path;
};
