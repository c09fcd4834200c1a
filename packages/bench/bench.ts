import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAggregators, readPartitions, seedLog, waitUntilHeld } from '@muster/cli';
import { entities } from '@muster/entities';
import { pause } from '@muster/runtime';
import { type Log, openLog } from '@muster/store';
import { type ProcessEvent, type RunningSystem, startSystem } from '@muster/supervisor';
import { countLine, type Warnings } from './count-warnings.ts';
import { type BenchResult, describeBench, judgeAims } from './describe-bench.ts';
import { describeMachine } from './describe-machine.ts';
import { dropDatabase } from './drop-database.ts';
import { fillPlain } from './fill-plain.ts';
import type { MixedResult, MixedSpec } from './load-spec.ts';
import { type Away, measureAway, ways } from './measure-away.ts';
import { type Failover, measureFailover } from './measure-failover.ts';
import { type Load, type Measurement, measureRound, nameOf } from './measure-round.ts';
import { runGenerator } from './start-child.ts';
import { openTargets, pidsOf, type Targets } from './targets.ts';
import { watchTail } from './watch-tail.ts';

export type BenchOptions = {
  seconds: number;
  rounds: number;
  users: number;
  trials: number;
  mixedSeconds: number;
  out: string | undefined;
};

/** What the measurements need: the running Muster, its log and the options. */
type Bench = {
  options: BenchOptions;
  system: RunningSystem;
  log: Log;
  database: string;
  path: string;
  databasePids: number[];
  say: (text: string) => void;
  signal: AbortSignal;
};

const seed = 1;
const mixedPerSecond = 150;
const settledMs = 12_000; // the supervisor delays the restart of a process that dies sooner than this after its start

const loads: Load[] = [
  { kind: 'GET', connections: 32 },
  ...[1, 32, 256].map((connections) => ({ kind: 'POST' as const, connections })),
  ...[1, 32, 256].map((connections) => ({ kind: 'PUT' as const, connections })),
];

const warmingLoads = loads.filter(({ connections }) => connections === 32);

/**
 * Starts Muster as real processes with its own database, a bare Koa and a plain CRUD service. Measures them in
 * interleaved rounds. Prints the figures as Markdown, and writes them to the file `out`. Returns the exit code: 0 after
 * a complete measurement, whatever the figures are, and 1 when interrupted.
 */
export const bench = async (
  environment: NodeJS.ProcessEnv,
  options: BenchOptions,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<number> => {
  const say = (text: string) => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
  await using folder = await openFolder();
  const database = `muster_bench_${process.pid}`;
  const programs = { ...environment, LOG_LEVEL: 'warn', DATABASE: database };
  const warnings: Warnings = new Map();
  const onEvent = (event: ProcessEvent) => {
    if (event.kind === 'line') countLine(warnings, event.name, event.line);
  };
  const mongodbUri = environment.MONGODB_URI || undefined;
  await using system = await startSystem({
    dataPath: folder.path,
    mongodbUri,
    environment: programs,
    dieWithParent: true,
    onEvent,
    say,
  });
  await using log = openLog({ uri: system.mongodbUri, database, appName: 'muster-bench' });
  const given = {
    options,
    system,
    log,
    database,
    path: entities[0]?.path ?? '',
    databasePids: mongodbUri ? [] : pidsOf(system, ['mongodb']),
    say,
    signal,
  };
  try {
    await fill(given);
    await using targets = await openTargets(system, programs);
    const result = await measureAll(given, targets, warnings);
    const text = describeBench(result);
    print(text);
    if (options.out !== undefined) await writeFile(options.out, `${text}\n`);
    for (const { what, measured, aim } of judgeAims(result).filter(({ isReached }) => !isReached))
      say(`Falls short: ${what}: measured ${measured}, required ${aim}`);
    return 0;
  } catch (error) {
    if (!signal.aborted) throw error;
    say('Interrupted');
    return 1;
  } finally {
    if (mongodbUri) await dropDatabase(mongodbUri, database).catch(() => undefined);
  }
};

const fill = async ({ options, log, database, system, say, signal }: Bench) => {
  const [entity] = entities;
  if (!entity) throw new Error('Cannot fill the database: expected at least one entity, found none');
  say(`Creating ${options.users} users`);
  const partitions = await readPartitions(log);
  await seedLog(log, entity, partitions, {
    users: options.users,
    seed,
    concurrency: 2_000,
    signal,
    onSeeded: () => undefined,
  });
  signal.throwIfAborted();
  await fillPlain({ uri: system.mongodbUri, database }, seed, options.users);
  await using aggregators = await openAggregators(log, system.clusterSecret);
  const isHeld = await waitUntilHeld(aggregators, entity, partitions, seed, options.users);
  if (!isHeld) throw new Error('Cannot start the measurements: the aggregators did not apply all users in time');
  await watchTail(log, async () => undefined); // waits until all records are saved
};

const measureAll = async (given: Bench, targets: Targets, warnings: Warnings): Promise<BenchResult> => {
  const { options, log, system, databasePids } = given;
  const began = new Date();
  const measurements = await measureLoads(given, targets);
  const { result: mixed, tail: mixedTail } = await measureMixed(given);
  const failovers = await measureFailovers(given);
  const away = await measureAways(given);
  const about = [
    `measured ${began.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${describeOptions(options)}; ` +
      `${system.aggregators.length} aggregators, ${system.gateways.length} gateway`,
    ...(await describeMachine(log, databasePids[0])),
  ];
  return { about, measurements, mixed, mixedTail, mixedPerSecond, failovers, away, warnings };
};

const describeOptions = ({ users, rounds, seconds }: BenchOptions) =>
  `${users} users, ${rounds} rounds of ${seconds} s, interleaved; medians (minimum – maximum)`;

const measureLoads = async (given: Bench, targets: Targets): Promise<Measurement[]> => {
  const { options, log, path, databasePids, say, signal } = given;
  const measurements: Measurement[] = [];
  const task = { path, users: options.users, seed, seconds: options.seconds };
  say('Warming up');
  for (const target of targets.all) {
    for (const load of warmingLoads) {
      signal.throwIfAborted();
      await measureRound(target, load, { ...task, seconds: 1 }, databasePids, log);
    }
  }
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const load of loads) {
      for (const target of targets.all) {
        signal.throwIfAborted();
        const measured = await measureRound(target, load, task, databasePids, log);
        measurements.push(measured);
        const { perSecond, p50Ms, p99Ms, cpuMicros, failed } = measured;
        const times = `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`;
        const figures = `${Math.round(perSecond)}/s, ${times}, ${Math.round(cpuMicros)} µs CPU per request`;
        const failures = failed > 0 ? `, ${failed} FAILED` : '';
        say(`Round ${round} of ${options.rounds}, ${nameOf(load)}, ${target.name}: ${figures}${failures}`);
      }
    }
  }
  return measurements;
};

const measureMixed = ({ options, system, log, path, say, signal }: Bench) => {
  signal.throwIfAborted();
  say(`Mixed load, ${mixedPerSecond} requests/s for ${options.mixedSeconds} s`);
  const task: MixedSpec = {
    url: system.url,
    path,
    perSecond: mixedPerSecond,
    seconds: options.mixedSeconds,
    users: options.users,
    seed,
  };
  return watchTail(log, () => runGenerator<MixedResult>('bench-mixed', task, options.mixedSeconds));
};

const measureFailovers = async ({ options, system, path, say, signal }: Bench): Promise<Failover[]> => {
  const failovers: Failover[] = [];
  for (let trial = 0; trial < options.trials; trial += 1) {
    const name = system.aggregators[trial % system.aggregators.length] ?? '';
    if (trial >= system.aggregators.length) await pause(settledMs, signal);
    signal.throwIfAborted();
    const failover = await measureFailover(system, name, path, seed, options.users);
    failovers.push(failover);
    say(
      `Kill -9 of ${name}: its own correct answer from memory after ${Math.round(failover.itselfMs)} ms, ` +
        `the first correct answer after ${Math.round(failover.anyMs)} ms`,
    );
  }
  return failovers;
};

/** Measures each way once per round, with another aggregator each time. */
const measureAways = async ({ options, system, log, path, say, signal }: Bench): Promise<Away[]> => {
  const measured: Away[] = [];
  for (let round = 0; round < options.trials; round += 1) {
    for (const way of ways) {
      signal.throwIfAborted();
      const name = system.aggregators[(round + measured.length) % system.aggregators.length] ?? '';
      const away = await measureAway({ system, log, path, seed, users: options.users }, way, name, options.seconds);
      measured.push(away);
      const [standbyMs, copiesMs] = [Math.round(away.standbyMs), Math.round(away.copiesMs)];
      const taken = `, another aggregator answers after ${standbyMs} ms, all copies after ${copiesMs} ms`;
      const replaced = way === 'none' ? '' : taken;
      const times = `p50 ${away.p50Ms.toFixed(1)} ms, p99 ${away.p99Ms.toFixed(1)} ms`;
      const who = way === 'none' ? 'all aggregators running' : `${name} ${way}`;
      say(`GET with ${who}: ${times}, ${away.failed} failed${replaced}`);
    }
  }
  return measured;
};

const openFolder = async (): Promise<AsyncDisposable & { path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
};
