import { readFileSync } from 'node:fs';

/**
 * Returns how many new connections this system has dropped because too many waited to be accepted. A client tries such
 * a connection again after 1, 3 and 7 s. NaN when it cannot be read, for example outside Linux.
 */
export const readListenDrops = (): number => {
  try {
    return parseListenDrops(readFileSync('/proc/net/netstat', 'utf8'));
  } catch {
    return Number.NaN;
  }
};

/** Parses the number of dropped connections from /proc/net/netstat. Pure. */
export const parseListenDrops = (text: string): number => {
  const [names = [], values = []] = text
    .split('\n')
    .filter((line) => line.startsWith('TcpExt:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('ListenDrops')]);
};
