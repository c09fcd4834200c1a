import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { findProjectRoot } from '@muster/embedded';
import { entities, systems } from '@muster/entities';
import type { Entity } from '@muster/model';
import {
  codeBlocksOf,
  curlExamplesOf,
  exampleFilesOf,
  findDifferences,
  openExampleProject,
  parseCurlReply,
} from '@muster/testing';
import { expect } from 'chai';
import { runInProcess } from './run-in-process.ts';

const root = findProjectRoot();
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const chapterOnEntities = 'docs/2-your-own-entity.md';

const chapters = [
  { path: 'README.md', uses: 'the shipped entities' },
  { path: 'docs/1-getting-started.md', uses: 'the project of muster new' },
  { path: chapterOnEntities, uses: 'the entities of chapter 2' },
  { path: 'docs/3-http-api.md', uses: 'the shipped entities' },
  { path: 'docs/guide/assets.md', uses: 'assets' },
  { path: 'docs/guide/messages.md', uses: 'messages' },
  { path: 'docs/guide/records.md', uses: 'records' },
];

describe('The requests that the guide shows', () => {
  for (const { path, uses } of chapters) {
    it(`are answered as ${path} says`, async () => {
      const examples = curlExamplesOf(read(path));
      const silent = examples.filter(({ shown }) => !shown).map(({ line }) => `${path}:${line} states no reply`);
      expect(silent).to.deep.equal([]);
      const known = await loadUsed(uses);
      await using system = await runInProcess(known, { aggregators: 1 });
      for (const { line, command, shown } of examples) {
        const differences = shown ? findDifferences(shown, await curl(command, system.url)) : [];
        expect(differences, `${path}:${line} ${command}`).to.deep.equal([]);
      }
    });
  }
});

const loadUsed = async (uses: string): Promise<readonly Entity[]> => {
  switch (uses) {
    case 'the shipped entities':
      return entities;
    case 'assets':
    case 'messages':
    case 'records':
      return systems[uses] ?? [];
    case 'the project of muster new':
      return (await import('../muster/template/entities.ts')).entities;
    default:
      return loadShownEntities();
  }
};

/** The entities that chapter 2 shows, as it shows them. */
const loadShownEntities = async (): Promise<readonly Entity[]> => {
  using project = openExampleProject(root, exampleFilesOf(codeBlocksOf(read(chapterOnEntities))));
  return (await import(pathToFileURL(join(project.path, 'entities.ts')).href)).entities;
};

/** Runs a curl command of the guide on this system, as a shell does. Throws after 10 s, or without a curl. */
const curl = async (command: string, url: string) => {
  const own = command
    .replace(/^curl /, 'curl --silent --show-error --include ')
    .replace(/(http:\/\/)?localhost:3000/g, url);
  const { stdout } = await promisify(execFile)('sh', ['-c', own], { timeout: 10_000 });
  return parseCurlReply(stdout);
};
