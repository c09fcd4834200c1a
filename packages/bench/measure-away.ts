import { makeUser } from '@muster/cli';
import { defaultLeaseMs, pause } from '@muster/runtime';
import type { Log } from '@muster/store';
import {
  inspectCopies,
  judgeCopies,
  killProcess,
  processOf,
  type RunningSystem,
  startProcess,
  stopProcess,
  waitReady,
} from '@muster/supervisor';
import type { LoadResult, LoadSpec } from './load-spec.ts';
import { runGenerator } from './start-child.ts';

export const ways = ['none', 'killed', 'paused'] as const;

/**
 * The figures of a GET load while an aggregator is away, or with all running. From the moment it goes away, in
 * milliseconds: `standbyMs`, until another aggregator answered for one of its users from memory, and `copiesMs`, until
 * the others had all copies.
 */
export type Away = LoadResult & { way: (typeof ways)[number]; standbyMs: number; copiesMs: number };

type Place = { system: RunningSystem; log: Log; path: string; seed: number; users: number };

const connections = 32;
const headStartMs = 1_000; // by then the generator is sending requests
const copiesWithinMs = 60_000;
const pollMs = 2;

/** Measures one way, and waits until all copies are complete again. Throws when that takes longer than 60 seconds. */
export const measureAway = async (
  place: Place,
  way: Away['way'],
  aggregator: string,
  seconds: number,
): Promise<Away> => {
  const { system, path, seed, users } = place;
  const owned = way === 'none' ? undefined : await findUserOf(place, aggregator);
  const task: LoadSpec = { recipe: 'get', url: system.url, path, connections, seconds, users, seed, warmSeconds: 0.5 };
  const generated = runGenerator(task);
  await pause(headStartMs);
  const since = performance.now();
  if (way === 'killed') await killForGood(system, aggregator);
  if (way === 'paused') await killProcess(system, aggregator, 'SIGSTOP');
  const [standbyMs, copiesMs, result] = await Promise.all([
    owned ? untilOther(place, owned, aggregator, since) : Number.NaN,
    owned ? untilCopies(place, aggregator, since) : Number.NaN,
    generated,
  ]);
  if (way === 'killed') await startProcess(system, aggregator);
  if (way === 'paused') processOf(system, aggregator).spawned?.child.kill('SIGCONT');
  await waitReady(system, aggregator);
  await untilCopies(place, undefined, performance.now());
  return { ...result, way, standbyMs, copiesMs };
};

const killForGood = async (system: RunningSystem, name: string) => {
  await killProcess(system, name, 'SIGKILL');
  await stopProcess(system, name);
};

type Owned = { id: string; text: string };

const findUserOf = async (place: Place, aggregator: string): Promise<Owned> => {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const { id } = makeUser(place.seed, Math.floor(Math.random() * place.users));
    const answer = await read(place, id).catch(() => undefined);
    if (answer?.source === aggregator) return { id, text: answer.text };
    await pause(5);
  }
  throw new Error(`Cannot find a user that ${aggregator} answers for, in 1000 reads`);
};

const read = async ({ system, path }: Place, id: string) => {
  const answer = await fetch(`${system.url}${path}/${id}`, { signal: AbortSignal.timeout(5_000) });
  return { text: await answer.text(), source: answer.headers.get('Muster-Source') ?? '' };
};

const untilOther = async (place: Place, { id, text }: Owned, aggregator: string, since: number): Promise<number> => {
  while (performance.now() - since < copiesWithinMs) {
    const answer = await read(place, id).catch(() => undefined);
    if (answer?.text === text && answer.source !== 'database' && answer.source !== aggregator)
      return performance.now() - since;
    await pause(pollMs);
  }
  throw new Error(`No other aggregator answered for user ${id} from memory within ${copiesWithinMs / 1_000} s`);
};

const copiesRule = { copies: Number(process.env.COPIES || 2), leaseMs: defaultLeaseMs };

/** Waits until the other aggregators have all copies. Returns the time since `since`, in milliseconds. */
const untilCopies = async ({ system, log }: Place, away: string | undefined, since: number): Promise<number> => {
  const names = system.aggregators.filter((name) => name !== away);
  for (let missing: string[] = []; ; await pause(20)) {
    const inspected = await inspectCopies(log);
    missing = judgeCopies(
      { ...inspected, members: inspected.members.filter(({ name }) => name !== away) },
      copiesRule,
      names,
    ).missing;
    if (missing.length === 0) return performance.now() - since;
    if (performance.now() - since > copiesWithinMs)
      throw new Error(`Copies are still missing after ${copiesWithinMs / 1_000} s: ${missing.join('; ')}`);
  }
};
