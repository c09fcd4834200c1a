import { once } from 'node:events';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { findFreePort, readCommandLine } from '@muster/embedded';
import { openTestDatabase, openTestFolder } from '@muster/testing';
import { expect } from 'chai';
import { fakePrograms } from './fake-programs.ts';
import { readRunning } from './running.ts';
import { start } from './start.ts';

describe('npm start', function () {
  this.timeout(60_000);

  it('prints what runs, keeps it in running.json, and stops all processes on a stop signal', async () => {
    await using folder = await openTestFolder();
    const run = await begin({ DATA: folder.path });
    await run.hears('Muster runs at http://127.0.0.1:');
    const running = await readRunning(folder.path);
    const pids = running?.processes.map(({ pid }) => pid) ?? [];
    expect(running?.supervisorPid).to.equal(process.pid);
    expect(pids).to.have.length(4);
    run.stop.abort();
    expect(await run.code).to.equal(0);
    expect(await Promise.all(pids.map(readCommandLine))).to.deep.equal(pids.map(() => undefined));
    expect(await readRunning(folder.path)).to.equal(undefined);
  });

  it('refuses a data folder that another Muster uses, and changes nothing', async () => {
    await using folder = await openTestFolder();
    const first = await begin({ DATA: folder.path });
    await first.hears('Muster runs at');
    const before = await readRunning(folder.path);
    const second = await begin({ DATA: folder.path });
    expect(await second.code).to.equal(2);
    expect(second.text()).to.contain('already runs').and.contain(String(process.pid)).and.contain('npm start');
    expect(await readRunning(folder.path)).to.deep.equal(before);
    first.stop.abort();
    await first.code;
  });

  it('refuses a port that is in use, prints another one to try, and makes no data folder', async () => {
    await using folder = await openTestFolder();
    const port = await findFreePort('127.0.0.1');
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    const run = await begin({ DATA: join(folder.path, 'data'), PORT: String(port) });
    expect(await run.code).to.equal(2);
    expect(run.text())
      .to.contain(`port ${port} on 127.0.0.1 is taken`)
      .and.contain(`PORT=${port + 1} npm start`);
    expect(await readdir(folder.path)).to.deep.equal([]);
    other.close();
  });

  it('ends when a program refuses its settings, and prints the reason', async () => {
    await using folder = await openTestFolder();
    const run = await begin({ DATA: folder.path, EXIT_CODE: '2' });
    expect(await run.code).to.equal(2);
    expect(run.text()).to.contain('No good').and.contain('refused its settings');
  });

  it('reads the secret from CLUSTER_SECRET_FILE, and does not start without that file', async () => {
    await using folder = await openTestFolder();
    const CLUSTER_SECRET_FILE = join(folder.path, 'secret');
    const refused = await begin({ DATA: join(folder.path, 'data'), CLUSTER_SECRET_FILE });
    expect(await refused.code).to.equal(2);
    expect(refused.text()).to.contain('Cannot start: "CLUSTER_SECRET_FILE"');
    await writeFile(CLUSTER_SECRET_FILE, 'the secret of a file\n');
    const run = await begin({ DATA: join(folder.path, 'data'), CLUSTER_SECRET_FILE });
    await run.hears('Muster runs at');
    expect(await readRunning(join(folder.path, 'data'))).to.include({ clusterSecret: 'the secret of a file' });
    run.stop.abort();
    expect(await run.code).to.equal(0);
  });

  it('keeps a secret with the data, which only its owner can read', async () => {
    await using folder = await openTestFolder();
    const secretOf = async (name: string) => {
      const DATA = join(folder.path, name);
      const run = await begin({ DATA });
      await run.hears('Muster runs at');
      const running = await readRunning(DATA);
      run.stop.abort();
      expect(await run.code).to.equal(0);
      return running?.clusterSecret;
    };
    const secret = await secretOf('one');
    expect(secret).to.match(/^[0-9a-f]{48}$/);
    expect(await secretOf('one')).to.equal(secret);
    expect(await secretOf('other')).not.to.equal(secret);
    const path = join(folder.path, 'one', 'cluster-secret');
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    await rm(path);
    await writeFile(path, 'cut sho', { mode: 0o644 }); // as a crash leaves it
    expect(await secretOf('one'))
      .to.match(/^[0-9a-f]{48}$/)
      .and.not.equal(secret);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    await writeFile(path, 'the secret of somebody, which nobody should lose');
    const refused = await begin({ DATA: join(folder.path, 'one') });
    expect(await refused.code).to.equal(2);
    expect(refused.text()).to.contain(`Cannot start: the cluster secret in ${path} cannot be used`);
    expect(await readFile(path, 'utf8')).to.contain('nobody should lose');
  });

  it('stops all processes when it fails after the start', async () => {
    await using folder = await openTestFolder();
    const fail = (text: string) => {
      if (text.includes('Muster runs at')) throw new Error('no place left');
    };
    const run = await begin({ DATA: folder.path }, fail);
    expect(await run.code).to.equal(1);
    expect(run.text()).to.contain('Cannot go on: no place left').and.contain('Stopping, in order');
    const pids = [...run.text().matchAll(/\(pid (\d+)\)/g)].map(([, pid]) => Number(pid));
    expect(pids).to.have.length(4);
    expect(await Promise.all(pids.map(readCommandLine))).to.deep.equal(pids.map(() => undefined));
  });

  it('kills all processes at once on a second stop signal, even those that ignore SIGTERM', async () => {
    await using folder = await openTestFolder();
    const run = await begin({ DATA: folder.path, DEAF: '1' });
    await run.hears('Muster runs at');
    const before = performance.now();
    run.stop.abort();
    run.force.abort();
    expect(await run.code).to.equal(130);
    expect(performance.now() - before).to.be.below(5_000);
  });
});

const begin = async (environment: Record<string, string>, onWrite: (text: string) => void = () => undefined) => {
  const database = await openTestDatabase();
  const stop = new AbortController();
  const force = new AbortController();
  const written: string[] = [];
  const waiting = new Map<string, () => void>();
  const write = (text: string) => {
    onWrite(text);
    written.push(text);
    for (const [wanted, resolve] of waiting) if (text.includes(wanted)) resolve();
  };
  const output = { write, isColour: false, programs: fakePrograms };
  const own = { ...process.env, PORT: '0', MONGODB_URI: database.uri, ...environment };
  const code = start(own, { stop: stop.signal, force: force.signal }, output);
  const hears = (wanted: string) => new Promise<void>((resolve) => waiting.set(wanted, resolve));
  return { stop, force, code, hears, text: () => written.join('') };
};
