import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProjectRoot, findServer } from '@muster/embedded';
import { call, openTestFolder, until } from '@muster/testing';
import { expect } from 'chai';

/** From outside: what somebody sees who has the package and nothing of this repository. */
describe('The package muster, in a folder of its own', function () {
  this.timeout(240_000);

  const root = findProjectRoot();
  let folder: AsyncDisposable & { path: string };
  let tools: string; // where the package itself is installed
  let project: string; // what `muster new` wrote
  let environment: Record<string, string | undefined>;

  before(async () => {
    folder = await openTestFolder();
    const outside = join(folder.path, 'mü ster');
    [tools, project] = [join(outside, 'tools'), join(outside, 'shöp 1')];
    await mkdir(tools, { recursive: true });
    const { kind, binary } = await findServer({ environment: process.env, say: () => undefined });
    const isOfNpm = (name: string) => /^npm_|^NODE_OPTIONS$|^MONGODB_URI$|^ENTITIES$/i.test(name);
    const own = Object.entries(process.env).filter(([name]) => !isOfNpm(name));
    const server = kind === 'mongod' ? 'MONGOMS_SYSTEM_BINARY' : 'SECANTUS_BINARY';
    environment = { ...Object.fromEntries(own), [server]: binary };
    await run(root, process.execPath, ['scripts/build-package.js']);
    await run(tools, 'npm', ['pack', join(root, 'dist', 'package'), '--silent']);
    const tarball = join(tools, (await readdir(tools)).find((name) => name.endsWith('.tgz')) ?? '');
    await writeFile(join(tools, 'package.json'), '{ "private": true }');
    await run(tools, 'npm', ['install', ...quietly, tarball]);
  });
  after(() => folder?.[Symbol.asyncDispose]());

  const run = (cwd: string, file: string, words: string[], expected = 0): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(file, words, { cwd, env: environment, timeout: 120_000 }, (error, stdout, stderr) => {
        const code = error ? error.code : 0;
        if (code === expected) resolve(stdout + stderr);
        else reject(new Error(`${file} ${words.join(' ')} ended with ${code}:\n${stdout}${stderr}`));
      });
    });
  const muster = (cwd: string, words: string[], expected = 0) =>
    run(cwd, process.execPath, [join(tools, 'node_modules/muster/dist/command.js'), ...words], expected);

  it('has what is needed at run time and nothing else', async () => {
    const [packed] = JSON.parse(await run(join(root, 'dist', 'package'), 'npm', ['pack', '--dry-run', '--json']));
    const paths: string[] = packed.files.map(({ path }: { path: string }) => path);
    const singles = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'audit.js'];
    const isNeeded = (path: string) =>
      singles.includes(path) ||
      /^(dist\/[\w-]+\.js|dist\/docs-files\/.+|types\/[\w/-]+\.d\.ts|template\/.+)$/.test(path);
    expect(paths.filter((path) => !isNeeded(path))).to.deep.equal([]);
    const written = await readFile(join(root, 'dist', 'package', 'dist', 'index.js'), 'utf8');
    expect(written).to.not.include(root);
    const client = await readFile(join(root, 'dist', 'package', 'dist', 'client.js'), 'utf8');
    expect(client).to.not.match(/\b(import|require)\b|node:/); // browsers load it as it is
    const dependencies = JSON.parse(await readFile(join(root, 'dist/package/package.json'), 'utf8')).dependencies;
    expect(Object.values(dependencies)).to.satisfy((all: string[]) => all.every((one) => /^\d+\.\d+\.\d+$/.test(one)));
  });

  it('explains itself, and each of its commands, with examples', async () => {
    const help = await muster(tools, ['--help']);
    for (const name of ['new', 'start', 'gateway', 'aggregator', 'verify', 'repair', 'seed', 'scale']) {
      expect(help).to.match(new RegExp(`^  ${name}\\b`, 'm'));
      expect(await muster(tools, ['help', name])).to.match(new RegExp(`Examples:\\n.*muster ${name}`, 's'));
    }
    expect(await muster(tools, ['start'], 2)).to.include('muster new DIR');
    expect(await muster(tools, ['explode'], 2)).to.include('unknown command');
  });

  it('writes a project that compiles strictly and passes its tests', async () => {
    expect(await muster(tools, ['new', project])).to.include('npm install');
    expect(await muster(tools, ['new', project], 2)).to.include('the folder has files');
    await run(project, 'npm', ['install', ...quietly]);
    await run(project, 'npm', ['run', 'types']); // strict, and with skipLibCheck: false
    const declared = ['--noEmit', 'false', '--emitDeclarationOnly', '--declaration', '--outDir', 'types'];
    await run(project, 'npx', ['tsc', ...declared]); // the types of an entity have names that others can import
    expect(await run(project, 'npm', ['test'])).to.match(/# pass 7\n# fail 0/);
  });

  it('runs the project: commands over HTTP, verify, scale, and a stop that leaves nothing', async () => {
    const started = start(['--port', '0', '--aggregators', '2', '--data', './data']);
    try {
      await until('Muster runs', () => started.said().includes('Try it:') || started.child.exitCode !== null, 60_000);
      const url = /Muster runs at (\S+)/.exec(started.said())?.[1] ?? '';
      const opened = await call(url, 'POST', '/api/task', { body: { id: 'milk', title: 'Buy milk' } });
      expect([opened.status, opened.body], started.said()).to.deep.equal([201, { id: 'milk', title: 'Buy milk' }]);
      expect((await call(url, 'POST', '/api/task/milk:finish')).status).to.equal(200);
      const refused = await call(url, 'POST', '/api/task/milk:finish');
      expect([refused.status, refused.body.type]).to.deep.equal([409, '/problems/already-finished']);
      expect((await call(url, 'GET', refused.body.type, { headers: { accept: 'text/html' } })).text).to.include(
        'declared by the entity <code>task</code>',
      );
      expect((await call(url, 'GET', '/docs/swagger-ui-bundle.js')).text).to.have.length.above(1_000_000);
      expect(await run(project, 'npm', ['run', 'verify'])).to.match(/tasks: 1 active.*differences: 0/s);
      expect(await run(project, 'npx', ['muster', 'scale'])).to.include('each served by 2 of 2 aggregators');
      expect(await run(project, 'npx', ['muster', 'seed', '--entity', 'task', '--count', '3'])).to.include(
        '3 tasks created through the log',
      );
      expect(await run(project, 'npx', ['muster', 'seed', '--entity', 'car', '--count', '3'], 2)).to.include(
        '"car" is no entity here. There are task',
      );
      expect(started.said()).to.include(`curl -i ${url}/api/task `).and.to.include(':rename');
    } finally {
      started.child.kill('SIGTERM');
      const [code] = await started.ended;
      expect(code, started.said()).to.equal(0);
    }
    expect(await readdir(join(project, 'data'))).to.not.include('running.json');
  });

  it('takes entities in JavaScript, and refuses a wrong definition before anything starts', async () => {
    const plain = [
      "import { defineRecord, Joi } from 'muster';",
      "const about = { name: 'note', title: 'Note', collection: 'Notes' };",
      'const note = defineRecord({ ...about, fields: { text: Joi.string() } });',
      'export const entities = [note];',
    ].join('\n');
    await writeFile(join(project, 'plain.js'), plain);
    await writeFile(join(project, 'wrong.js'), plain.replace("'Notes'", "'Events'"));
    expect(await muster(project, ['start', '--entities', 'wrong.js'], 2)).to.match(
      /wrong\.js.*Cannot define entity "note"/,
    );
    const settings = await muster(project, ['gateway', '--entities', 'plain.js'], 2);
    expect(settings).to.include('CLUSTER_SECRET'); // its entities are understood, its settings are not there
  });

  const start = (words: string[]): { child: ChildProcess; said: () => string; ended: Promise<unknown[]> } => {
    const command = join(project, 'node_modules/muster/dist/command.js');
    const child = spawn(process.execPath, [command, 'start', ...words], {
      ...{ cwd: project, env: environment, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }, // ends with this process
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data));
    return { child, said: () => output, ended: once(child, 'exit') };
  };
});

const quietly = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline', '--loglevel=error'];
