import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodeBlock } from './read-markdown.ts';

/** A block of a document as a file: its name, and its text from the same line on as in the document. */
export type ExampleFile = { name: string; text: string };

/**
 * The `ts` blocks of a document as files. A first row `// account.ts` names a file, so that other blocks can import it.
 * Empty rows come first, so that the compiler's lines are those of the document. Pure.
 */
export const exampleFilesOf = (blocks: readonly CodeBlock[]): ExampleFile[] =>
  blocks
    .filter(({ language }) => language === 'ts')
    .map(({ line, text }) => ({
      name: /^\/\/ ([\w.-]+\.ts)$/m.exec(text.split('\n')[0] ?? '')?.[1] ?? `line-${line}.ts`,
      text: '\n'.repeat(line - 1) + text,
    }));

/**
 * Compiles files as an outside project does that has `root`'s packages installed, with `root`'s options. Returns what
 * the compiler prints, a row each; none when all is well. Takes seconds.
 */
export const compileExamples = (root: string, files: readonly ExampleFile[]): string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-guide-'));
  try {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ extends: join(root, 'tsconfig.json'), include: ['*.ts'] }),
    );
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout, stderr } = spawnSync(process.execPath, [compiler, '--noEmit', '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return `${stdout}${stderr}`.split('\n').filter((row) => row !== '');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
