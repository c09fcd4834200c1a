import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { pause } from '@muster/runtime';

export type Exit = { code: number | null; signal: NodeJS.Signals | null };

export type Spawned = { child: ChildProcess; pid: number; exited: Promise<Exit> };

/**
 * Starts a process in its own process group, so that Ctrl-C in the terminal reaches only this process. Throws when the
 * file cannot be run.
 */
export const spawnProcess = async (file: string, words: string[], options: SpawnOptions): Promise<Spawned> => {
  const child = spawn(file, words, { ...options, detached: true });
  const exited = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  await once(child, 'spawn');
  // sending a message to a child that has just ended fails; `exited` reports its end
  child.on('error', () => undefined);
  return { child, pid: child.pid ?? 0, exited };
};

/**
 * Ends the process with SIGTERM, and with SIGKILL if it still runs after `graceMs` milliseconds. Returns how it ended.
 */
export const endProcess = async ({ child, exited }: Spawned, graceMs: number): Promise<Exit> => {
  child.kill('SIGTERM');
  child.kill('SIGCONT'); // a paused process would not handle the SIGTERM
  const hasEnded = new AbortController();
  const inTime = exited.then(() => hasEnded.abort());
  await Promise.race([inTime, pause(graceMs, hasEnded.signal)]);
  child.kill('SIGKILL');
  return exited;
};

/**
 * Returns a command that runs `file`, so that the kernel kills it when this process ends in any way. Without setpriv,
 * returns the command unchanged.
 */
export const boundToThisProcess = async (file: string, words: string[]): Promise<{ file: string; words: string[] }> => {
  const bound = ['--pdeathsig', 'KILL', '--'];
  const works = await promisify(execFile)('setpriv', [...bound, 'true']).then(
    () => true,
    () => false,
  );
  return works ? { file: 'setpriv', words: [...bound, file, ...words] } : { file, words };
};

/** Describes how a process ended. Pure. */
export const describeExit = ({ code, signal }: Exit): string =>
  signal === null ? `exit code ${code}` : `signal ${signal}`;
