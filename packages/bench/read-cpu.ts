import { readFileSync } from 'node:fs';

const tickMs = 10; // USER_HZ is 100 wherever Node runs on Linux

/**
 * The processor time that these processes have used since they started, in milliseconds; NaN where it cannot be read,
 * as outside Linux.
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
 * User and system time in a line of /proc/PID/stat, in milliseconds. The name before them may hold spaces and brackets.
 * Pure.
 */
export const parseStat = (line: string): number => {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
};
