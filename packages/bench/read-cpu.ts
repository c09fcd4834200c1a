import { readFileSync } from 'node:fs';

const tickMs = 10; // USER_HZ is 100 on all Linux systems that Node supports

/**
 * Returns the processor time of these processes since their start, in milliseconds. NaN when it cannot be read, for
 * example outside Linux.
 */
export const readCpuMs = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + readOne(pid), 0);

const readOne = (pid: number): number => {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return Number.NaN;
  }
};

/**
 * Parses user and system time from a line of /proc/PID/stat. Returns milliseconds. The process name before them may
 * contain spaces and brackets. Pure.
 */
export const parseStat = (line: string): number => {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
};
