import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { findProjectRoot, isPortFree } from '@muster/embedded';
import { call, eventually, openTestFolder } from '@muster/testing';
import { expect } from 'chai';

const names = ['oslo', 'lima', 'kyiv'];

type Running = { child: ChildProcess; output: () => string; urls: string[] };

/** Starts the command. `port` is the first port, 0 stands for free ones. `further`: variables. */
const spawnSites = (dataPath: string, port = 0, further: NodeJS.ProcessEnv = {}): Omit<Running, 'urls'> => {
  const { NODE_OPTIONS: _, ...own } = process.env;
  const child = spawn(process.execPath, [join(findProjectRoot(), 'dist', 'muster.js'), 'sites', 'start'], {
    env: { ...own, DATA: dataPath, PORT: String(port), ENTITIES: '', LOG_LEVEL: 'info', ...further },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
  return { child, output: () => text };
};

const untilWritten = ({ child, output }: Omit<Running, 'urls'>, wanted: RegExp) =>
  eventually(
    async () => output(),
    (text) => wanted.test(text) || child.exitCode !== null,
    90_000,
  );

/** Starts the sites on free ports, and waits until all answer. */
const startSites = async (dataPath: string): Promise<Running> => {
  const sites = spawnSites(dataPath);
  try {
    const text = await untilWritten(sites, /Ctrl-C stops all of them/);
    expect(sites.child.exitCode, text).to.equal(null);
    const urlOf = (name: string) => new RegExp(`^ {2}${name} {2}(http://\\S+)$`, 'm').exec(text)?.[1] ?? '';
    return { ...sites, urls: names.map(urlOf) };
  } catch (error) {
    sites.child.kill('SIGTERM');
    throw error;
  }
};

/** The command lines of the processes that have this text in their environment, but for this one. */
const processesWith = (text: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const isOne = readFileSync(`/proc/${name}/environ`, 'utf8').includes(text);
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return isOne || words.includes(text) ? [`${name} ${words}`] : [];
      } catch {
        return []; // it has ended
      }
    });

const followersWith = (dataPath: string): number[] =>
  processesWith(dataPath)
    .filter((one) => / muster-follower|follow --entities/.test(one))
    .map((one) => Number(one.split(' ')[0]));

const portsOf = async (dataPath: string): Promise<number[]> => {
  const ports = names.map(async (name) => {
    const { mongodbUri, url, processes } = JSON.parse(await readFile(join(dataPath, name, 'running.json'), 'utf8'));
    const healthPorts = processes.map(({ healthPort }: { healthPort: number }) => healthPort);
    return [Number(new URL(mongodbUri).port), Number(new URL(url).port), ...healthPorts];
  });
  return (await Promise.all(ports)).flat();
};

const endWith = async ({ child }: Pick<Running, 'child'>, signal: NodeJS.Signals) => {
  const ended = once(child, 'close');
  child.kill(signal);
  return (await ended)[0];
};

describe('muster sites start', function () {
  this.timeout(240_000);

  const withSites = async (work: (sites: Running, dataPath: string) => Promise<void>) => {
    await using folder = await openTestFolder();
    const sites = await startSites(folder.path);
    try {
      await work(sites, folder.path);
    } finally {
      if (sites.child.exitCode === null && sites.child.signalCode === null) await endWith(sites, 'SIGTERM');
    }
  };

  it('runs three sites that get what one of them wrote, and leaves nothing behind when it stops', () =>
    withSites(async (sites, dataPath) => {
      const [oslo, lima, kyiv] = sites.urls as [string, string, string];
      expect(sites.output()).to.include(`${oslo}/docs/sites?site=${oslo}&site=${lima}&site=${kyiv}&entity=record`);
      const body = { name: 'marketing', author: 'ada', timestamp: 5 };
      expect((await call(oslo, 'POST', '/update', { body })).status).to.equal(200);
      for (const url of [lima, kyiv])
        await eventually(
          () => call(url, 'GET', '/get?name=marketing'),
          (one) => one.status === 200 && one.body.marketing.author === 'ada',
        );
      const page = await call(oslo, 'GET', `/docs/sites?site=${oslo}&site=${lima}&entity=record`);
      expect(page.status).to.equal(200);
      expect(page.headers.get('content-security-policy')).to.include(`connect-src 'self' ${oslo} ${lima};`);
      const headers = { Origin: oslo };
      const read = await call(lima, 'GET', '/api/record/events?state=true&from=start&until=now', { headers });
      expect(read.headers.get('access-control-allow-origin')).to.equal(oslo);
      expect(read.text).to.include('"author":"ada"');

      const ports = await portsOf(dataPath);
      expect(ports.length).to.be.at.least(3 * 5);
      expect(processesWith(dataPath).length).to.be.at.least(3 * 6);
      expect(await endWith(sites, 'SIGTERM'), sites.output()).to.equal(0);
      expect(processesWith(dataPath)).to.deep.equal([]);
      const free = await Promise.all(ports.map((port) => isPortFree('127.0.0.1', port)));
      expect(ports.filter((_, index) => !free[index])).to.deep.equal([]);
    }));

  it('prints each follower with its pid and health port, and its log as that of the other programs', () =>
    withSites(async ({ output }, dataPath) => {
      const followers = followersWith(dataPath);
      expect(followers).to.have.length(names.length);
      for (const name of names) {
        const row = new RegExp(`^ +${name} follower +(\\d+) +(http://127.0.0.1:\\d+/readyz) and /metrics$`, 'm');
        const [, pid = '', health = ''] = row.exec(output()) ?? [];
        expect(followers).to.include(Number(pid));
        expect((await call(health, 'GET', '')).body.sites).to.be.an('object');
        expect(output()).to.match(new RegExp(`^${name} \\| follower +\\[[\\d:.]+\\] INFO: Following \\{`, 'm'));
        expect(output()).to.include(`DATA=${join(dataPath, name)} npm run scale -- 5`);
      }
      expect(output()).to.not.include('{"level":');
    }));

  it('starts a follower again that was killed, and all others stay', () =>
    withSites(async (sites, dataPath) => {
      const before = followersWith(dataPath);
      const killed = before[0] as number;
      process.kill(killed, 'SIGKILL');
      const died = /^(oslo|lima|kyiv) \| follower died \(signal SIGKILL\), next start in \d+ ms$/m;
      const text = await untilWritten(sites, new RegExp(`${died.source}[^]*follower is ready`, 'm'));
      expect(text)
        .to.match(died)
        .and.not.match(/Cannot go on|Stopping the sites/);
      const after = followersWith(dataPath);
      expect(after).to.have.length(names.length).and.include.members(before.slice(1));
      expect(after).to.not.include(killed);
      const [oslo, lima, kyiv] = sites.urls as [string, string, string];
      const body = { name: 'after', author: 'ada', timestamp: 5 };
      expect((await call(oslo, 'POST', '/update', { body })).status).to.equal(200);
      await Promise.all(
        [lima, kyiv].map((url) =>
          eventually(
            () => call(url, 'GET', '/get?name=after'),
            (one) => one.status === 200,
          ),
        ),
      );
      expect(await endWith(sites, 'SIGTERM'), sites.output()).to.equal(0);
      expect(processesWith(dataPath)).to.deep.equal([]);
    }));

  it('ends all of them when the Muster of a site ends by itself, and names it', () =>
    withSites(async (sites, dataPath) => {
      const system = processesWith(dataPath).find((one) => / muster( |$)|\bstart --entities/.test(one));
      const ended = once(sites.child, 'close');
      process.kill(Number(system?.split(' ')[0]), 'SIGTERM');
      expect((await ended)[0], sites.output()).to.equal(1);
      expect(sites.output()).to.match(/^Cannot go on: (oslo|lima|kyiv) ended by itself \(exit code 0\)/m);
      expect(processesWith(dataPath)).to.deep.equal([]);
    }));

  it('ends all of them when a follower refuses its settings', async () => {
    await using folder = await openTestFolder();
    const sites = spawnSites(folder.path, 0, { FOLLOW: 'never' });
    const [code] = await once(sites.child, 'close');
    expect(code, sites.output()).to.equal(1);
    expect(sites.output()).to.match(/^Cannot go on: the follower of (oslo|lima|kyiv) refused its settings/m);
    expect(sites.output()).to.match(/^(oslo|lima|kyiv) \| follower +Cannot start the follower: .*FOLLOW/m);
    expect(processesWith(folder.path)).to.deep.equal([]);
  });

  it('leaves nothing behind when it is killed', () =>
    withSites(async (sites, dataPath) => {
      await endWith(sites, 'SIGKILL');
      await eventually(
        async () => processesWith(dataPath),
        (left) => left.length === 0,
        60_000,
      );
    }));

  it('leaves nothing behind when it is stopped while it starts', async () => {
    await using folder = await openTestFolder();
    const sites = spawnSites(folder.path);
    await untilWritten(sites, /mongodb is ready/);
    expect(await endWith(sites, 'SIGINT'), sites.output()).to.equal(0);
    expect(processesWith(folder.path)).to.deep.equal([]);
  });

  it('starts nothing, and names the site, when a port is taken', async () => {
    await using folder = await openTestFolder();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sites = spawnSites(folder.path, port - 1);
    const [code] = await once(sites.child, 'close');
    server.close();
    expect(code, sites.output()).to.equal(1);
    expect(sites.output()).to.match(/^Cannot go on: lima ended by itself \(exit code 2\)\. All sites stop$/m);
    expect(sites.output()).to.match(new RegExp(`^lima +\\| Cannot start: .*\\b${port}\\b`, 'm'));
    expect(processesWith(folder.path)).to.deep.equal([]);
  });

  it('refuses a database that the sites would share', async () => {
    const command = join(findProjectRoot(), 'dist', 'muster.js');
    const child = spawn(process.execPath, [command, 'sites', 'start'], {
      env: { PATH: process.env.PATH, MONGODB_URI: 'mongodb://127.0.0.1:1' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr.on('data', (data) => (text += data));
    const [code] = await once(child, 'close');
    expect(code).to.equal(2);
    expect(text).to.match(/^Cannot start the sites: MONGODB_URI is set, but each of these sites has .*: unset it\n$/);
  });
});
