import { dirname, join, resolve } from 'node:path';

/**
 * Returns the import circles among these sources, each as the paths from a file back to itself. Type imports count.
 * `@muster/room` stands for the `index.ts` of that room in `packages`. Pure.
 */
export const findCircles = (sources, packages) => {
  const importsByPath = new Map(sources.map(({ path, text }) => [path, importsOf(path, text, packages)]));
  const circles = [];
  const done = new Set();
  const visit = (path, chain) => {
    if (chain.includes(path)) circles.push([...chain.slice(chain.indexOf(path)), path]);
    if (done.has(path) || chain.includes(path)) return;
    for (const imported of importsByPath.get(path) ?? []) visit(imported, [...chain, path]);
    done.add(path);
  };
  for (const path of importsByPath.keys()) visit(path, []);
  return circles;
};

const importsOf = (path, text, packages) =>
  [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].flatMap(([, name]) => {
    if (name.startsWith('.')) return [resolve(dirname(path), name)];
    const room = /^@muster\/([^/]+)/.exec(name)?.[1];
    return room === undefined ? [] : [join(packages, room, 'index.ts')];
  });
