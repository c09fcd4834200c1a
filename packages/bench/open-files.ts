import { readFileSync } from 'node:fs';

// a process needs some for itself: libraries, timers, the database, the other processes
const ownFiles = 200;

/**
 * Throws when a process cannot have so many connections, as it may not open so many files. Other processes that are
 * started from the same shell have the same limit. Where the limit cannot be read, it is not checked.
 */
export const requireOpenFiles = (connections: number, pid: number | 'self' = 'self'): void => {
  const most = readOpenFilesMax(pid);
  const needed = connections + ownFiles;
  if (most === undefined || most >= needed) return;
  throw new Error(
    `Cannot open ${connections} connections: a process may open ${most} files, and ${needed} are needed. ` +
      `Run "ulimit -n ${needed}" first`,
  );
};

const readOpenFilesMax = (pid: number | 'self'): number | undefined => {
  try {
    return parseOpenFilesMax(readFileSync(`/proc/${pid}/limits`, 'utf8'));
  } catch {
    return undefined;
  }
};

/** Parses how many files a process may open from /proc/PID/limits. Undefined if the text does not say. Pure. */
export const parseOpenFilesMax = (text: string): number | undefined => {
  const most = /^Max open files\s+(\S+)/m.exec(text)?.[1];
  if (most === undefined) return undefined;
  return most === 'unlimited' ? Number.POSITIVE_INFINITY : Number(most);
};
