import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { pause } from '@muster/runtime';

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export type Spawned = { child: ChildProcess; pid: number; exited: Promise<Exit> };

/**
 * Starts a process in a group of its own, so that Ctrl-C in the terminal reaches only who started it. Throws when the
 * file cannot be run.
 */
export const spawnProcess = async (file: string, words: string[], options: SpawnOptions): Promise<Spawned> => {
  const child = spawn(file, words, { ...options, detached: true });
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  await once(child, 'spawn');
  child.on('error', () => undefined); // a message to a child that has just gone; that it has, `exited` says
  return { child, pid: child.pid ?? 0, exited };
};

/** Ends the process: SIGTERM, and SIGKILL when it has not ended after `graceMs` milliseconds. */
export const endProcess = async ({ child, exited }: Spawned, graceMs: number): Promise<Exit> => {
  child.kill('SIGTERM');
  child.kill('SIGCONT'); // a paused one would sleep through the SIGTERM
  const calledOff = new AbortController();
  const inTime = exited.then(() => calledOff.abort());
  await Promise.race([inTime, pause(graceMs, calledOff.signal)]);
  child.kill('SIGKILL');
  return exited;
};

/**
 * The command that runs `file` so that the kernel kills it when this process ends, however it ends; as it is where
 * there is no setpriv.
 */
export const boundToThisProcess = async (file: string, words: string[]): Promise<{ file: string; words: string[] }> => {
  const bound = ['--pdeathsig', 'KILL', '--'];
  const works = await promisify(execFile)('setpriv', [...bound, 'true']).then(
    () => true,
    () => false,
  );
  return works ? { file: 'setpriv', words: [...bound, file, ...words] } : { file, words };
};

/** How a process ended, in words. Pure. */
export const describeExit = ({ code, signal }: Exit): string =>
  signal === null ? `exit code ${code}` : `signal ${signal}`;
