import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const script = fileURLToPath(new URL('../../scripts/check-sources.js', import.meta.url));

/** Runs the check on a project of these files. Returns its exit code and its output. */
const check = (files: Record<string, string>) => {
  const root = mkdtempSync(join(tmpdir(), 'muster-sources-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), text);
    }
    const { status, stderr } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
    return { status, problems: stderr.split('\n').filter((line) => line !== '') };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
};

// joined from parts, so that the check does not mistake it for an import of this file
const importOf = (name: string, keyword = 'import') => `${keyword} { one } ${'from'} '${name}';\n`;

describe('The check of the sources', () => {
  it('passes if files import only downwards, and lines are short', () =>
    expect(
      check({
        'packages/a/index.ts': importOf('./one.ts', 'export'),
        'packages/a/one.ts': importOf('@muster/b'),
        'packages/b/index.ts': importOf('node:fs'),
      }),
    ).to.deep.equal({ status: 0, problems: [] }));

  it('fails if two files import each other, even for a type', () =>
    expect(
      check({
        'packages/a/one.ts': importOf('./two.ts', 'import type'),
        'packages/a/two.ts': importOf('./one.ts'),
      }),
    ).to.deep.equal({
      status: 1,
      problems: [
        'These files import each other in a circle: packages/a/one.ts → packages/a/two.ts → packages/a/one.ts',
      ],
    }));

  it('fails if two rooms import each other', () => {
    const { status, problems } = check({
      'packages/a/index.ts': importOf('./one.ts', 'export'),
      'packages/a/one.ts': importOf('@muster/b'),
      'packages/b/index.ts': importOf('@muster/a'),
    });
    expect(status).to.equal(1);
    expect(problems[0]).to.contain('packages/a/index.ts → packages/a/one.ts → packages/b/index.ts');
  });

  it('fails for a line of more than 120 columns, unless it holds an address', () => {
    const line = (length: number, start = '//') => `${start.padEnd(length, 'x')}\n`;
    expect(
      check({
        'packages/a/one.ts': line(120) + line(121),
        'packages/a/two.ts': line(150, '// https://example.org/'),
        'scripts/three.js': line(130),
      }),
    ).to.deep.equal({
      status: 1,
      problems: [
        'packages/a/one.ts:2 has 121 columns: wrap it at 120',
        'scripts/three.js:1 has 130 columns: wrap it at 120',
      ],
    });
  });
});
