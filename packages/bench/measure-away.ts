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
 * GET under load while an aggregator goes away, or none does. From that moment, in milliseconds: until a user that it
 * owned was answered right from the memory of another one, and until the others had all copies between them.
 */
export type Away = LoadResult & { way: (typeof ways)[number]; standbyMs: number; copiesMs: number };

type Place = { system: RunningSystem; log: Log; path: string; seed: number; users: number };

const connections = 32;
const headStartMs = 1_000; // the generator is at work by then
const copiesWithinMs = 60_000;
const pollMs = 2;

/** Measures one way, and waits until all is whole again. Throws when that does not come within a minute. */
export const measureAway = async (
  place: Place,
  way: Away['way'],
  aggregator: string,
  seconds: number,
): Promise<Away> => {
  const { system, path, seed, users } = place;
  const owned = way === 'none' ? undefined : await findUserOf(place, aggregator);
  const task: LoadSpec = { kind: 'GET', url: system.url, path, connections, seconds, users, seed };
  const generated = runGenerator<LoadResult>('bench-load', task, seconds);
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
  throw new Error(`Cannot find a user that ${aggregator} answers for`);
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
  throw new Error(`Nobody else answered for user ${id} from memory within ${copiesWithinMs / 1_000} s`);
};

const copiesRule = { copies: Number(process.env.COPIES || 2), leaseMs: defaultLeaseMs };

/** Until all but this one have all copies between them. */
const untilCopies = async ({ system, log }: Place, away: string | undefined, since: number): Promise<number> => {
  const names = system.aggregators.filter((name) => name !== away);
  for (let missing: string[] = []; ; await pause(20)) {
    const look = await inspectCopies(log);
    missing = judgeCopies(
      { ...look, members: look.members.filter(({ name }) => name !== away) },
      copiesRule,
      names,
    ).missing;
    if (missing.length === 0) return performance.now() - since;
    if (performance.now() - since > copiesWithinMs)
      throw new Error(`Not all copies after ${copiesWithinMs / 1_000} s: ${missing.join('; ')}`);
  }
};
