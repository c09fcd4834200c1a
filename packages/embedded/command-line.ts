import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * Returns the command line (or title) of process `pid`, with words separated by spaces. Returns an empty text for a
 * zombie, and undefined when there is no such process.
 */
export const readCommandLine = async (pid: number): Promise<string | undefined> => {
  const fromProc = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (fromProc !== undefined) return fromProc.replaceAll('\0', ' ').trim();
  if (process.platform === 'linux') return undefined;
  const listed = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command=']).catch(() => undefined);
  return listed?.stdout.trim();
};

/**
 * Whether process `pid` is running and its command line contains `mark`. The pid alone may belong to another program by
 * now.
 */
export const isRunning = async (pid: number, mark: string): Promise<boolean> => {
  const commandLine = await readCommandLine(pid);
  return commandLine?.includes(mark) ?? false;
};
