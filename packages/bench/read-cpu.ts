import { readdirSync, readFileSync } from 'node:fs';

const tickMs = 10; // USER_HZ is 100 on all Linux systems that Node supports

/**
 * Returns the processor time of these processes since their start, in milliseconds. NaN when it cannot be read, for
 * example outside Linux.
 */
export const readCpuMs = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + readOne(pid), 0);

// The first source includes threads that have ended, the second is exact. Both may only be too low.
const readOne = (pid: number): number => {
  try {
    return Math.max(parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8')), readThreads(pid));
  } catch {
    return Number.NaN;
  }
};

const readThreads = (pid: number): number => {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).reduce((sum, thread) => sum + readThread(`${folder}/${thread}/schedstat`), 0);
};

const readThread = (path: string): number => {
  try {
    return parseSchedstat(readFileSync(path, 'utf8'));
  } catch {
    return 0; // the thread has just ended, or this kernel does not count
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

/** Parses the processor time of a thread from /proc/PID/task/TID/schedstat. Returns milliseconds. Pure. */
export const parseSchedstat = (line: string): number => Number(line.split(' ')[0]) / 1e6;
