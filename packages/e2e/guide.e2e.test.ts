import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { findProjectRoot } from '@muster/embedded';
import { entities } from '@muster/entities';
import type { Entity } from '@muster/model';
import { curlExamplesOf, findDifferences, parseCurlReply } from '@muster/testing';
import { expect } from 'chai';
import { runInProcess } from './run-in-process.ts';

const root = findProjectRoot();
const example = join(root, 'examples', 'bank-account', 'entities.ts');

const loadExample = async (): Promise<readonly Entity[]> => (await import(pathToFileURL(example).href)).entities;

const chapters: { path: string; load: (() => Promise<readonly Entity[]>) | undefined }[] = [
  { path: 'README.md', load: async () => entities },
  { path: 'docs/3-http-api.md', load: async () => entities },
  // once the example is there
  { path: 'docs/1-getting-started.md', load: existsSync(example) ? loadExample : undefined },
  { path: 'docs/2-your-own-entity.md', load: existsSync(example) ? loadExample : undefined },
];

describe('The requests that the guide shows', () => {
  for (const { path, load } of chapters) {
    it(`are answered as ${path} says`, async function () {
      if (!load) return this.skip();
      const examples = curlExamplesOf(readFileSync(join(root, path), 'utf8'));
      const silent = examples.filter(({ shown }) => !shown).map(({ line }) => `${path}:${line} states no reply`);
      expect(silent).to.deep.equal([]);
      await using system = await runInProcess(await load(), { aggregators: 1 });
      for (const { line, command, shown } of examples) {
        const differences = shown ? findDifferences(shown, await curl(command, system.url)) : [];
        expect(differences, `${path}:${line} ${command}`).to.deep.equal([]);
      }
    });
  }
});

/** Runs a curl command of the guide on this system, as a shell does. Throws after 10 s, or without a curl. */
const curl = async (command: string, url: string) => {
  const own = command
    .replace(/^curl /, 'curl --silent --show-error --include ')
    .replace(/(http:\/\/)?localhost:3000/g, url);
  const { stdout } = await promisify(execFile)('sh', ['-c', own], { timeout: 10_000 });
  return parseCurlReply(stdout);
};
