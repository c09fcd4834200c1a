import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CodeBlock } from './read-markdown.ts';

/** A block of a document as a file: its name, and its text, which starts at the same line as in the document. */
export type ExampleFile = { name: string; text: string };

/**
 * Returns the `ts` blocks of a document as files. A first row `// account.ts` names a file, so that other blocks can
 * import it. Each file starts with empty rows, so that the compiler reports the line numbers of the document. Pure.
 */
export const exampleFilesOf = (blocks: readonly CodeBlock[]): ExampleFile[] =>
  blocks
    .filter(({ language }) => language === 'ts')
    .map(({ line, text }) => ({
      name: /^\/\/ ([\w.-]+\.ts)$/m.exec(text.split('\n')[0] ?? '')?.[1] ?? `line-${line}.ts`,
      text: '\n'.repeat(line - 1) + text,
    }));

/** Creates a folder with these files, like an outside project with `root`'s packages. Disposal removes the folder. */
export const openExampleProject = (root: string, files: readonly ExampleFile[]): Disposable & { path: string } => {
  const path = mkdtempSync(join(tmpdir(), 'muster-guide-'));
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  writeFileSync(join(path, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(
    join(path, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), include: ['*.ts'] }),
  );
  for (const { name, text } of files) writeFileSync(join(path, name), text);
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
};

/**
 * Compiles files with `root`'s options and packages. Returns the rows that the compiler prints, or an empty list
 * without errors. Takes seconds.
 */
export const compileExamples = (root: string, files: readonly ExampleFile[]): string[] => {
  using project = openExampleProject(root, files);
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { stdout, stderr } = spawnSync(process.execPath, [compiler, '--noEmit', '--pretty', 'false'], {
    cwd: project.path,
    encoding: 'utf8',
  });
  return `${stdout}${stderr}`.split('\n').filter((row) => row !== '');
};
