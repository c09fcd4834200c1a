import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import type { BenchResult } from './result.ts';

const inProject = (...names: string[]) => join(findProjectRoot(), ...names);

/** Keeps a result as JSON in a folder, which it makes if it is missing. Returns the path. */
export const keepResult = async (result: BenchResult, folder: string): Promise<string> => {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${result.about.at.slice(0, 19).replaceAll(':', '-')}.json`);
  await writeFile(path, `${JSON.stringify(result, undefined, 1)}\n`);
  return path;
};

/** Adds one line to the trend file, and writes the figures into the chapter on performance. */
export const recordResult = async (result: BenchResult, markdown: string): Promise<void> => {
  await mkdir(inProject('docs', 'performance'), { recursive: true });
  await appendFile(inProject('docs', 'performance', 'trend.jsonl'), `${JSON.stringify(trendOf(result))}\n`);
  const chapter = inProject('docs', '8-performance.md');
  await writeFile(chapter, placeFigures(await readFile(chapter, 'utf8'), markdown));
};

/** Returns what the trend file keeps of a run: the judged figures. Pure. */
export const trendOf = ({ about, aims }: BenchResult): object => {
  const { at, commit, machine, options, pinning } = about;
  const figures = aims.map(({ row, what, value }) => [`${row}: ${what}`, Number(value.toPrecision(4))]);
  return { at, commit, machine, options, pinning, figures: Object.fromEntries(figures) };
};

const begin = '<!-- figures: npm run bench -- --record -->';
const end = '<!-- end of figures -->';

/** Replaces the figures between the two marks of the chapter. Throws when the marks are missing. Pure. */
export const placeFigures = (chapter: string, markdown: string): string => {
  const [from, to] = [chapter.indexOf(begin), chapter.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`Cannot place the figures: expected the lines ${begin} and ${end}`);
  return `${chapter.slice(0, from + begin.length)}\n\n${markdown}\n\n${chapter.slice(to)}`;
};
