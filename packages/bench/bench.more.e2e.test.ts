import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { openTestFolder } from '@muster/testing';
import { expect } from 'chai';
import type { BenchResult } from './result.ts';

describe('npm run bench', function () {
  this.timeout(120_000);

  it('measures real processes, prints the figures and keeps them in a file', async () => {
    await using folder = await openTestFolder();
    const { code, stdout, stderr } = await runBench('--quick', '--only', 'get,unchanged', '--results', folder.path);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.contain('| GET at 32 | Muster |').and.contain('| GET at 32 | bare Koa |');
    const [name = ''] = await readdir(folder.path);
    const { about, groups, controls, aims } = JSON.parse(
      await readFile(join(folder.path, name), 'utf8'),
    ) as BenchResult;
    expect(about).to.deep.include({ seed: 1, rows: ['get', 'unchanged'] });
    expect(about.options).to.include({ users: 2_000, rounds: 1 });
    const gets = groups.filter(({ what }) => what === 'GET at 32');
    expect(gets.map(({ target }) => target)).to.deep.equal(['Muster', 'bare Koa', 'plain Koa + mongodb']);
    for (const { target, figures } of gets) {
      expect(figures.perSecond?.median, target).to.be.above(0);
      expect(figures.failed?.most, target).to.equal(0);
    }
    expect(controls.map(({ what }) => what)).to.include('GET at 32');
    expect(new Set(aims.map(({ row }) => row))).to.deep.equal(new Set(['get', 'unchanged']));
  });

  it('refuses unknown rows', async () => {
    const { code, stderr } = await runBench('--only', 'get,fast');
    expect(code).to.equal(2);
    expect(stderr).to.contain('Cannot run bench: Cannot measure "fast": the rows are get, post,');
  });
});

/** Runs the bench, for at most 100 s. Then it gets SIGTERM, and stops its processes. */
const runBench = (...words: string[]): Promise<{ code: unknown; stdout: string; stderr: string }> => {
  const root = findProjectRoot();
  const options = { cwd: root, env: { ...process.env, MONGODB_URI: '' }, timeout: 100_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, 'scripts', 'run.js'), 'bench', ...words], options, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
};
