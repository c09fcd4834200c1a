import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPartitions, seedLog } from '@muster/cli';
import { entities } from '@muster/entities';
import { pause } from '@muster/runtime';
import { type Log, openLog } from '@muster/store';
import { type ProcessEvent, processOf, type RunningSystem, type SystemOptions, startSystem } from '@muster/supervisor';
import { countLine, type Warnings } from './count-warnings.ts';
import { dropDatabase } from './drop-database.ts';
import { fillPlain } from './fill-plain.ts';
import type { RecipeName } from './load-spec.ts';
import { type Pinning, pin } from './pinning.ts';
import { runGenerator } from './start-child.ts';
import { untilSaved } from './until-saved.ts';

/** A revision of Muster, and the arguments of node for its programs. */
export type Build = { name: string; programs: NonNullable<SystemOptions['programs']> };

/** What all stages of a run share. */
export type Ground = {
  environment: NodeJS.ProcessEnv;
  pinning: Pinning | undefined;
  warnings: Warnings;
  /** How long a new process gets requests before it is measured, in seconds. */
  warmUpSeconds: number;
  say: (text: string) => void;
  signal: AbortSignal;
};

export type StageOptions = {
  build: Build;
  users: number;
  aggregators?: number;
  /** Further environment variables of the programs. */
  settings?: Record<string, string>;
  /** Whether the aggregators take snapshots with these settings. Default: true. */
  isSaving?: boolean;
};

/** A running Muster with its own database, filled with users. */
export type Stage = AsyncDisposable & {
  build: Build;
  system: RunningSystem;
  log: Log;
  database: string;
  path: string;
  users: number;
  isSaving: boolean;
};

/** The seed of all users. */
export const seed = 1;

// SecantusDB delivers the events of a fill to three aggregators more slowly than it takes them
const filledWithinMs = (users: number): number => 120_000 + users / 2;

/** Starts a Muster with users, pinned, and waits until it has saved all of them. */
export const openStage = async (ground: Ground, options: StageOptions): Promise<Stage> => {
  const { environment, pinning, warnings, say } = ground;
  const { build, users, aggregators = 3, settings = {}, isSaving = true } = options;
  const dataPath = await mkdtemp(join(tmpdir(), 'muster-bench-'));
  const database = `muster_bench_${process.pid}_${Date.now().toString(36)}`;
  const mongodbUri = environment.MONGODB_URI || undefined;
  const onEvent = (event: ProcessEvent) => {
    if (event.kind === 'line') countLine(warnings, event.name, event.line);
    if ((event.kind === 'started' || event.kind === 'ready') && pinning && event.name !== 'mongodb')
      void pin(event.pid, pinning.target);
  };
  const removeData = () => rm(dataPath, { recursive: true, force: true, maxRetries: 5 });
  // the figures are those of users, whatever the shell of the measuring person chooses
  const programs = { ...environment, ENTITIES: undefined, LOG_LEVEL: 'warn', DATABASE: database, ...settings };
  const system = await startSystem({
    ...{ dataPath, mongodbUri, aggregators, programs: build.programs, onEvent, say },
    environment: programs,
    dieWithParent: true,
  }).catch(async (error) => {
    await removeData();
    throw error;
  });
  const log = openLog({ uri: system.mongodbUri, database, appName: 'muster-bench' });
  const close = async () => {
    await log[Symbol.asyncDispose]();
    await system[Symbol.asyncDispose]();
    if (mongodbUri) await dropDatabase(mongodbUri, database).catch(() => undefined);
    await removeData();
  };
  const path = entities[0]?.path ?? '';
  const stage = { build, system, log, database, path, users, isSaving, [Symbol.asyncDispose]: close };
  try {
    await fill(ground, stage);
    return stage;
  } catch (error) {
    await close();
    throw error;
  }
};

/** Runs `body` with a stage of its own. */
export const withStage = async <Result>(
  ground: Ground,
  options: StageOptions,
  body: (stage: Stage) => Promise<Result>,
): Promise<Result> => {
  await using stage = await openStage(ground, options);
  return await body(stage);
};

/** Runs `body` with several stages at the same time. */
export const withStages = async (
  ground: Ground,
  [options, ...further]: readonly StageOptions[],
  body: (stages: Stage[]) => Promise<void>,
  open: Stage[] = [],
): Promise<void> => {
  if (options === undefined) return await body(open);
  await using stage = await openStage(ground, options);
  await withStages(ground, further, body, [...open, stage]);
};

/** Returns the build in the folder `dist` of a checkout. */
export const buildOf = (name: string, root: string): Build => ({
  name,
  programs: { gateway: [join(root, 'dist', 'gateway.js')], aggregator: [join(root, 'dist', 'aggregator.js')] },
});

/** Returns the pids of those of these processes that are running. */
export const pidsOf = (system: RunningSystem, names: readonly string[]): number[] =>
  names.flatMap((name) => processOf(system, name).spawned?.pid ?? []);

/** Returns the pids of the database's processes. Empty when it is an external server. */
export const databasePidsOf = ({ system }: Stage): number[] =>
  system.processes.has('mongodb') ? pidsOf(system, ['mongodb']) : [];

const fill = async (ground: Ground, stage: Stage): Promise<void> => {
  const { say, signal } = ground;
  const [entity] = entities;
  if (!entity) throw new Error('Cannot fill the database: expected at least one entity, found none');
  const { log, users } = stage;
  say(`Creating ${users} users`);
  const partitions = await readPartitions(log);
  await seedLog(log, entity, partitions, { users, seed, concurrency: 2_000, signal, onSeeded: () => undefined });
  signal.throwIfAborted();
  await untilCounted(stage, signal);
  await warmUp(ground, stage.system.url, stage, ['get', 'put']);
  if (stage.isSaving) await untilSaved(log, filledWithinMs(users));
};

/** Sends requests to a new process, so that its code is compiled before it is measured. */
export const warmUp = async (
  { warmUpSeconds, signal }: Ground,
  url: string,
  { path, users }: Pick<Stage, 'path' | 'users'>,
  recipes: readonly RecipeName[],
): Promise<void> => {
  if (users === 0) return;
  for (const recipe of recipes) {
    signal.throwIfAborted();
    await runGenerator({ url, path, users, seed, recipe, connections: 32, warmSeconds: 0, seconds: warmUpSeconds });
  }
};

// through the API, and not through the wire: another revision may have another wire
const untilCounted = async ({ system, path, users }: Stage, signal: AbortSignal): Promise<void> => {
  for (const untilMs = performance.now() + filledWithinMs(users); ; await pause(200, signal)) {
    signal.throwIfAborted();
    const count = await readCount(system.url + path);
    if (count === users) return;
    if (performance.now() > untilMs)
      throw new Error(
        `Cannot start the measurements: expected ${users} users in memory, found ${count ?? 'no answer'}`,
      );
  }
};

/** Returns the number of users in memory. Undefined when it is not known at present. */
export const readCount = async (base: string): Promise<number | undefined> => {
  try {
    const answer = await fetch(`${base}/count`, { signal: AbortSignal.timeout(5_000) });
    if (answer.headers.has('Muster-As-Of')) return undefined; // from a snapshot: not all may be in memory
    return ((await answer.json()) as { count?: number }).count;
  } catch {
    return undefined;
  }
};

/** Fills the collection of the plain service with the same users. */
export const fillPlainOf = ({ system, database, users }: Stage): Promise<void> =>
  fillPlain({ uri: system.mongodbUri, database }, seed, users);
