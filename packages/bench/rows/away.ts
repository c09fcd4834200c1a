import { makeUser } from '@muster/cli';
import { aborted, defaultLeaseMs, pause } from '@muster/runtime';
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
import { closedLoop, measureLoad } from '../measure-load.ts';
import type { Figures, Measured, Row } from '../row.ts';
import { type Stage, seed } from '../stage.ts';
import { musterOf } from '../targets.ts';

const ways = ['none', 'killed', 'paused'] as const;

const connections = 32;
const copiesWithinMs = 60_000;
const pollMs = 2;

export const away: Row = {
  name: 'away',
  about: 'GET at 32, one aggregator away from the start of the window on: killed for good, or paused',
  kind: 'shared',
  rounds: 'once',
  targets: ['muster'],
  measure: async ({ options, signal }, { stage }) => {
    const { aggregators } = stage.system;
    const measured: Measured[] = [];
    for (let trial = 0; trial < options.trials; trial += 1) {
      for (const way of ways) {
        signal.throwIfAborted();
        const name = aggregators[(trial + measured.length) % aggregators.length] ?? '';
        measured.push({ what: way, figures: await measureOne(stage, way, name, options.seconds) });
      }
    }
    return measured;
  },
};

/**
 * Measures one way, and waits until all copies are complete again. Throws when that takes longer than 60 seconds. From
 * the moment the aggregator goes away, in milliseconds: `standbyMs`, until another one answered for one of its users
 * from memory, and `copiesMs`, until the others had all copies.
 */
const measureOne = async (
  stage: Stage,
  way: (typeof ways)[number],
  aggregator: string,
  seconds: number,
): Promise<Figures> => {
  const { system } = stage;
  const owned = way === 'none' ? undefined : await findUserOf(stage, aggregator);
  const begun = new AbortController();
  const generated = measureLoad(musterOf(stage), closedLoop('get', connections, seconds), () => begun.abort());
  await Promise.race([aborted(begun.signal), generated]);
  const since = performance.now();
  if (way === 'killed') await killForGood(system, aggregator);
  if (way === 'paused') await killProcess(system, aggregator, 'SIGSTOP');
  const [standbyMs, copiesMs, { result }] = await Promise.all([
    owned ? untilOther(stage, owned, aggregator, since) : Number.NaN,
    owned ? untilCopies(stage, aggregator, since) : Number.NaN,
    generated,
  ]);
  if (way === 'killed') await startProcess(system, aggregator);
  if (way === 'paused') processOf(system, aggregator).spawned?.child.kill('SIGCONT');
  await waitReady(system, aggregator);
  await untilCopies(stage, undefined, performance.now());
  const { perSecond, p50Ms, p99Ms, failed } = result;
  return { perSecond, p50Ms, p99Ms, failed, standbyMs, copiesMs };
};

const killForGood = async (system: RunningSystem, name: string) => {
  await killProcess(system, name, 'SIGKILL');
  await stopProcess(system, name);
};

type Owned = { id: string; text: string };

const findUserOf = async (stage: Stage, aggregator: string): Promise<Owned> => {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const { id } = makeUser(seed, Math.floor(Math.random() * stage.users));
    const answer = await read(stage, id).catch(() => undefined);
    if (answer?.source === aggregator) return { id, text: answer.text };
    await pause(5);
  }
  throw new Error(`Cannot find a user that ${aggregator} answers for, in 1000 reads`);
};

const read = async ({ system, path }: Stage, id: string) => {
  const answer = await fetch(`${system.url}${path}/${id}`, { signal: AbortSignal.timeout(5_000) });
  return { text: await answer.text(), source: answer.headers.get('Muster-Source') ?? '' };
};

const untilOther = async (stage: Stage, { id, text }: Owned, aggregator: string, since: number): Promise<number> => {
  while (performance.now() - since < copiesWithinMs) {
    const answer = await read(stage, id).catch(() => undefined);
    if (answer?.text === text && answer.source !== 'database' && answer.source !== aggregator)
      return performance.now() - since;
    await pause(pollMs);
  }
  throw new Error(`No other aggregator answered for user ${id} from memory within ${copiesWithinMs / 1_000} s`);
};

const copiesRule = { copies: Number(process.env.COPIES || 2), leaseMs: defaultLeaseMs };

/** Waits until the other aggregators have all copies. Returns the time since `since`, in milliseconds. */
const untilCopies = async ({ system, log }: Stage, away: string | undefined, since: number): Promise<number> => {
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
