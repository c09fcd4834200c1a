import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { findProjectRoot } from '@muster/embedded';
import { killProcess, processOf, type Running, readRunning } from '@muster/supervisor';
import { openTestFolder, openTestSystem, until } from '@muster/testing';
import { expect } from 'chai';

type Supervisor = AsyncDisposable & {
  child: ChildProcess;
  running: Running;
  pids: number[];
  said: () => string;
  ended: Promise<unknown[]>;
};

/** Each way to end the supervisor of `npm start`, and the expected exit code. */
const ways: { way: string; code: number; end: (supervisor: Supervisor) => void }[] = [
  { way: 'SIGTERM', code: 0, end: ({ child }) => child.kill('SIGTERM') },
  { way: 'SIGHUP, as when a terminal is closed', code: 0, end: ({ child }) => child.kill('SIGHUP') },
  { way: 'SIGQUIT', code: 0, end: ({ child }) => child.kill('SIGQUIT') },
  {
    way: 'the end of the reader of its output',
    code: 0,
    end: ({ child, running }) => {
      child.stdout?.destroy();
      process.kill(pidOf(running, 'aggregator-0'), 'SIGKILL'); // then it writes to its output
    },
  },
  { way: 'an uncaught exception', code: 1, end: ({ child }) => child.kill('SIGUSR2') },
  { way: 'an unhandled rejection', code: 1, end: ({ child }) => child.kill('SIGWINCH') },
  { way: 'a call of process.exit', code: 3, end: ({ child }) => child.kill('SIGPWR') },
];

// signals that trigger internal errors: the supervisor has no such errors of its own
const faults = `
process.on('SIGUSR2', () => { throw new Error('thrown for the test'); });
process.on('SIGWINCH', () => void Promise.reject(new Error('rejected for the test')));
process.on('SIGPWR', () => process.exit(3));`;

describe('The supervisor of npm start', () => {
  for (const { way, code, end } of ways) {
    it(`stops all processes and frees the port after ${way}`, async () => {
      await using folder = await openTestFolder();
      await using supervisor = await startSupervisor(folder.path);
      const mongodbPort = Number(new URL(supervisor.running.mongodbUri ?? '').port);
      end(supervisor);
      const [exitCode, signal] = await supervisor.ended;
      expect({ exitCode, signal }, supervisor.said()).to.deep.equal({ exitCode: code, signal: null });
      await until('all that it started has ended', () => !supervisor.pids.some(isAlive), 20_000);
      expect(await canListen(mongodbPort), `port ${mongodbPort} is free`).to.equal(true);
      if (code !== 3) expect(await readRunning(folder.path)).to.equal(undefined);
    });
  }

  it('prints the error that ended it', async () => {
    await using folder = await openTestFolder();
    await using supervisor = await startSupervisor(folder.path);
    supervisor.child.kill('SIGUSR2');
    await supervisor.ended;
    expect(supervisor.said()).to.contain('thrown for the test').and.contain('Stopping, in order');
  });
});

describe('A gateway and an aggregator', () => {
  it('stop cleanly after SIGHUP', async () => {
    await using test = await openTestSystem({ aggregators: 2, restart: false });
    for (const name of ['gateway', 'aggregator-0']) {
      const exited = processOf(test.system, name).spawned?.exited;
      await killProcess(test.system, name, 'SIGHUP');
      expect(await exited, name).to.deep.equal({ code: 0, signal: null });
    }
  });
});

/** Starts Muster with an embedded MongoDB and waits until it runs. */
const startSupervisor = async (dataPath: string): Promise<Supervisor> => {
  const { NODE_OPTIONS: _, MONGODB_URI: __, ...environment } = process.env;
  const preload = `data:text/javascript,${encodeURIComponent(faults)}`;
  const dist = join(findProjectRoot(), 'dist');
  const words = ['--import', preload, join(dist, 'muster.js'), 'start', '--entities', join(dist, 'entities.js')];
  const own = { DATA: dataPath, PORT: '0', MONGODB_PORT: '0', AGGREGATORS: '2', LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, words, {
    env: { ...environment, ...own },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => said.push(String(data)));
  const ended = once(child, 'exit');
  const isUp = () => said.join('').includes('Muster runs at') || child.exitCode !== null;
  await until('Muster runs', isUp, 60_000);
  const running = await readRunning(dataPath);
  if (running?.mongodbPid === undefined) throw new Error(`Muster did not start: ${said.join('')}`);
  const pids = [running.mongodbPid, ...running.processes.map(({ pid }) => pid)];
  expect(pids).to.have.length(4);
  const close = async () => {
    child.kill('SIGKILL');
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL'); // left by a failed test
  };
  return { child, running, pids, said: () => said.join(''), ended, [Symbol.asyncDispose]: close };
};

const pidOf = ({ processes }: Running, wanted: string): number => {
  const found = processes.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`There is no ${wanted}`);
  return found.pid;
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const canListen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
