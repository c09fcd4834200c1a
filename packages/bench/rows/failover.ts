import { makeUser } from '@muster/cli';
import { pause } from '@muster/runtime';
import { killProcess, type RunningSystem } from '@muster/supervisor';
import type { Measured, Row } from '../row.ts';
import { type Stage, seed } from '../stage.ts';

const mostMs = 60_000;
const pollMs = 10;
const settledMs = 12_000; // the supervisor delays the restart of a process that dies sooner than this after its start

export const failover: Row = {
  name: 'failover',
  about: 'kill -9 of an aggregator, one of whose users is changed meanwhile',
  kind: 'shared',
  rounds: 'once',
  targets: ['muster'],
  measure: async ({ options, say, signal }, { stage }) => {
    const { aggregators } = stage.system;
    const measured: Measured[] = [];
    for (let trial = 0; trial < options.trials; trial += 1) {
      if (trial >= aggregators.length) await pause(settledMs, signal);
      signal.throwIfAborted();
      const name = aggregators[trial % aggregators.length] ?? '';
      const figures = await measureOne(stage, name);
      say(`Kill -9 of ${name}: its own correct answer from memory after ${Math.round(figures.itselfMs)} ms`);
      measured.push({ what: 'kill -9', figures });
    }
    return measured;
  },
};

/**
 * Times since the kill, in milliseconds: until the first correct answer for one of its users (`anyMs`), and until its
 * own correct answer from memory (`itselfMs`).
 */
type Failover = { anyMs: number; itselfMs: number; slowestMs: number; failed: number };

/**
 * Kills an aggregator with kill -9, and changes one of its users while it is down. Reads that user until the restarted
 * aggregator itself answers with the new value. Throws when that takes longer than 60 seconds.
 */
const measureOne = async ({ system, path, users }: Stage, aggregator: string): Promise<Failover> => {
  const id = await findUserOf(system, aggregator, path, users);
  const group = Math.floor(Math.random() * 2 ** 31);
  const killedAt = performance.now();
  await killProcess(system, aggregator, 'SIGKILL');
  const change = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ group }) };
  const failover: Failover = { anyMs: Number.NaN, itselfMs: Number.NaN, slowestMs: 0, failed: 0 };
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

const findUserOf = async (system: RunningSystem, aggregator: string, path: string, users: number): Promise<string> => {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const { id } = makeUser(seed, Math.floor(Math.random() * users));
    const answer = await ask(`${system.url}${path}/${id}`).catch(() => undefined);
    if (answer?.source === aggregator) return id;
    await pause(5);
  }
  throw new Error(`Cannot find a user that ${aggregator} answers for, in 1000 reads`);
};
