import { makeUser } from '@muster/cli';
import { pause } from '@muster/runtime';
import { killProcess, type RunningSystem } from '@muster/supervisor';

/**
 * Times since the kill of an aggregator, in milliseconds: until the first correct answer for one of its users
 * (`anyMs`), and until its own correct answer from memory (`itselfMs`).
 */
export type Failover = { aggregator: string; anyMs: number; itselfMs: number; slowestMs: number; failed: number };

const mostMs = 60_000;
const pollMs = 10;

/**
 * Kills an aggregator with kill -9, and changes one of its users while it is down. Reads that user until the restarted
 * aggregator itself answers with the new value. Throws when that takes longer than 60 seconds.
 */
export const measureFailover = async (
  system: RunningSystem,
  aggregator: string,
  path: string,
  seed: number,
  users: number,
): Promise<Failover> => {
  const id = await findUserOf(system, aggregator, path, seed, users);
  const group = Math.floor(Math.random() * 2 ** 31);
  const killedAt = performance.now();
  await killProcess(system, aggregator, 'SIGKILL');
  const change = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ group }) };
  const failover: Failover = { aggregator, anyMs: Number.NaN, itselfMs: Number.NaN, slowestMs: 0, failed: 0 };
  await readOrWrite(failover, system.url + path, id, change);
  while (performance.now() - killedAt < mostMs) {
    const answer = await readOrWrite(failover, system.url + path, id);
    const sinceMs = performance.now() - killedAt;
    const isRight = answer?.group === group;
    if (isRight && Number.isNaN(failover.anyMs)) failover.anyMs = sinceMs;
    if (isRight && answer?.source === aggregator) return { ...failover, itselfMs: sinceMs };
    await pause(pollMs);
  }
  throw new Error(
    `${aggregator} did not answer for user ${id} from memory within ${mostMs / 1_000} s after it was killed`,
  );
};

type Answer = { group: number; source: string };

const readOrWrite = async (
  failover: Failover,
  base: string,
  id: string,
  change?: RequestInit,
): Promise<Answer | undefined> => {
  const askedAt = performance.now();
  const answer = await ask(`${base}/${id}`, change).catch(() => undefined);
  failover.slowestMs = Math.max(failover.slowestMs, performance.now() - askedAt);
  if (!answer) failover.failed += 1;
  return answer;
};

const ask = async (address: string, change?: RequestInit): Promise<Answer | undefined> => {
  const answer = await fetch(address, { ...change, signal: AbortSignal.timeout(10_000) });
  const { group } = (await answer.json()) as { group: number };
  return answer.ok ? { group, source: answer.headers.get('Muster-Source') ?? '' } : undefined;
};

const findUserOf = async (
  system: RunningSystem,
  aggregator: string,
  path: string,
  seed: number,
  users: number,
): Promise<string> => {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const { id } = makeUser(seed, Math.floor(Math.random() * users));
    const answer = await ask(`${system.url}${path}/${id}`).catch(() => undefined);
    if (answer?.source === aggregator) return id;
    await pause(5);
  }
  throw new Error(`Cannot find a user that ${aggregator} answers for, in 1000 reads`);
};
