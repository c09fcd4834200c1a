import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { findProjectRoot } from '@muster/embedded';
import { openFeedServer, openTestFolder, sendMessages, until } from '@muster/testing';
import { expect } from 'chai';
import { build } from 'esbuild';
import type * as client from './index.ts';

const root = findProjectRoot();
const entry = join(root, 'packages/muster/client.ts');

// what browsers have, too
const { fetch, Headers, Request, TextDecoder, AbortController, performance } = globalThis;
const ofBrowsers = { fetch, Headers, Request, TextDecoder, AbortController, performance, setTimeout, clearTimeout };

describe('The client in a browser', function () {
  this.timeout(60_000);

  it('imports nothing, and needs only what browsers have', async () => {
    const format = { format: 'iife', globalName: 'client', platform: 'neutral', target: 'es2022' } as const;
    const { outputFiles, metafile } = await build({
      ...{ entryPoints: [entry], bundle: true, write: false, metafile: true, absWorkingDir: root, ...format },
    });
    expect(Object.values(metafile.outputs).flatMap(({ imports }) => imports)).to.deep.equal([]);
    const browser = createContext({ ...ofBrowsers });
    runInContext(outputFiles[0]?.text ?? '', browser);
    const { subscribe } = (browser as unknown as { client: typeof client }).client;
    await using server = await openFeedServer((response) => sendMessages(response, 'id: p1\ndata: {"version":1}\n\n'));
    const versions: number[] = [];
    const subscription = subscribe(server.url, { onEvent: ({ version }) => versions.push(version) });
    await until('an event came', () => subscription.position === 'p1');
    subscription.close();
    await subscription.done;
    expect(versions).to.deep.equal([1]);
  });

  it('has types that need nothing of Node', async () => {
    await using folder = await openTestFolder();
    const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8'));
    const lib = ['es2023', 'dom', 'dom.iterable'];
    const path = join(folder.path, 'tsconfig.json');
    const files = [join(root, 'packages/client/index.ts')];
    writeFileSync(path, JSON.stringify({ compilerOptions: { ...compilerOptions, lib, types: [] }, files }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { stdout, status } = spawnSync(process.execPath, [tsc, '--project', path], { encoding: 'utf8' });
    expect([stdout, status]).to.deep.equal(['', 0]);
  });
});
