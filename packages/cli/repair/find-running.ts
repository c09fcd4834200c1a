import { type Log, listMembers } from '@muster/store';

const listWithinMs = 10_000;
const beatWithinMs = 10_000;

/**
 * Returns in words which aggregators still run on this database, or undefined if none writes a heartbeat within a lease
 * plus 1 s. `leaseMs` is in milliseconds. Throws when the database does not answer.
 */
export const findRunning = async (log: Log, leaseMs: number): Promise<string | undefined> => {
  const before = await beats(log);
  if (before.size === 0) return undefined;
  await new Promise((resolve) => setTimeout(resolve, Math.min(beatWithinMs, leaseMs) + 1_000));
  const after = await beats(log);
  const alive = [...after].filter(([name, beat]) => before.get(name) !== beat).map(([name]) => name);
  if (alive.length === 0) return undefined;
  return `${alive.join(', ')} still ${alive.length === 1 ? 'runs' : 'run'} on this database. Stop all processes first`;
};

const beats = async (log: Log): Promise<Map<string, string>> =>
  new Map((await listMembers(log, listWithinMs)).map(({ _id, beat }) => [_id, beat]));
