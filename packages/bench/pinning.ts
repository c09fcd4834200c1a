import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

/** The processors of what is measured, and those of everything else, such as `0` and `1`. */
export type Pinning = { target: string; rest: string };

/** Returns the processors that this process may use. Empty when they cannot be read, for example outside Linux. */
export const readProcessors = (): number[] => {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    return parseProcessors(list);
  } catch {
    return [];
  }
};

/** Parses a list of processors such as `0-2,5`. Pure. */
export const parseProcessors = (list: string): number[] =>
  list.split(',').flatMap((part) => {
    const [from = Number.NaN, to = from] = part.split('-').map(Number);
    return Number.isInteger(from) && part !== ''
      ? Array.from({ length: to - from + 1 }, (_, index) => from + index)
      : [];
  });

/** Chooses one processor for what is measured, and all others for the rest. Undefined with fewer than two. Pure. */
export const choosePinning = ([target, ...rest]: readonly number[]): Pinning | undefined =>
  target === undefined || rest.length === 0 ? undefined : { target: String(target), rest: rest.join(',') };

/**
 * Returns the pinning of this machine, and moves this process to the processors of the rest. Processes that it starts
 * from now on run there, too. Returns undefined when there is only one processor or no `taskset`.
 */
export const openPinning = async (): Promise<Pinning | undefined> => {
  const pinning = choosePinning(readProcessors());
  return pinning !== undefined && (await pin(process.pid, pinning.rest)) ? pinning : undefined;
};

/** Moves all threads of a process to these processors. Returns whether that was possible. */
export const pin = (pid: number, processors: string): Promise<boolean> =>
  promisify(execFile)('taskset', ['-acp', processors, String(pid)]).then(
    () => true,
    () => false,
  );
