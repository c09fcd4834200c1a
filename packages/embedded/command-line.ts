import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * What process `pid` was started as (or its title), words separated by spaces; empty for a zombie, undefined when there
 * is no such process.
 */
export const readCommandLine = async (pid: number): Promise<string | undefined> => {
  const fromProc = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (fromProc !== undefined) return fromProc.replaceAll('\0', ' ').trim();
  if (process.platform === 'linux') return undefined;
  const listed = await promisify(execFile)('ps', ['-p', String(pid), '-o', 'command=']).catch(() => undefined);
  return listed?.stdout.trim();
};

/**
 * Whether process `pid` lives and `mark` stands in its command line: a number alone may have passed on to another
 * program.
 */
export const isRunning = async (pid: number, mark: string): Promise<boolean> => {
  const commandLine = await readCommandLine(pid);
  return commandLine?.includes(mark) ?? false;
};
