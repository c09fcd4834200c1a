import { spawnSync } from 'node:child_process';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { openTestFolder } from '@muster/testing';
import { expect } from 'chai';

describe('A program in a folder without packages, as in a container', () => {
  for (const program of ['gateway', 'aggregator', 'follower'])
    it(`starts: the ${program} lists missing required settings`, async () => {
      await using folder = await openTestFolder();
      const file = `${program}.js`;
      await copyFile(join(findProjectRoot(), 'dist', file), join(folder.path, file));
      const env = { PATH: process.env.PATH, ENTITIES: 'assets,records' };
      const { status, stderr } = spawnSync(process.execPath, [file], { cwd: folder.path, env, encoding: 'utf8' });
      expect(status, stderr).to.equal(2);
      expect(stderr).to.include('"MONGODB_URI" is required');
    });
});
