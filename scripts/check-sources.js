// Checks what the linter cannot: no files import each other in a circle, and no line is longer than 120 columns. Usage:
// `node scripts/check-sources.js [FOLDER]`. The default folder is this project.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCircles } from './find-circles.js';
import { findLongLines } from './find-long-lines.js';

/** Prints all problems. Returns the exit code: 1 when there is a problem, else 0. */
const main = (root) => {
  const packages = readSources(join(root, 'packages'), '.ts');
  const examples = readSources(join(root, 'examples'), '.ts');
  const scripts = readSources(join(root, 'scripts'), '.js');
  const nameOf = (path) => relative(root, path);
  const circles = findCircles(packages, join(root, 'packages'));
  const problems = [
    ...circles.map((paths) => `These files import each other in a circle: ${paths.map(nameOf).join(' → ')}`),
    ...findLongLines([...packages, ...examples, ...scripts]).map(
      ({ path, line, length }) => `${nameOf(path)}:${line} has ${length} columns: wrap it at 120`,
    ),
  ];
  for (const problem of problems) console.error(problem);
  return problems.length > 0 ? 1 : 0;
};

const readSources = (folder, extension) =>
  (existsSync(folder) ? readdirSync(folder, { recursive: true }) : [])
    .filter((path) => path.endsWith(extension) && !/node_modules|\.d\.ts$/.test(path))
    .sort()
    .map((path) => join(folder, path))
    .map((path) => ({ path, text: readFileSync(path, 'utf8') }));

process.exitCode = main(resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url))));
