import { readPartitions, seedLog } from '@muster/cli';
import { entities } from '@muster/entities';
import { pause } from '@muster/runtime';
import { killProcess, startProcess, stopProcess, waitReady } from '@muster/supervisor';
import { pin } from '../pinning.ts';
import type { Bench, Figures, Measured, Row } from '../row.ts';
import { readCount, type Stage, withStage } from '../stage.ts';
import { readPlainly } from '../start-child.ts';
import { untilCheckpointed, untilSaved } from '../until-saved.ts';

const behindMax = 10_000;
const savedWithinMs = 120_000;
const caughtUpWithinMs = 120_000;

export const restore: Row = {
  name: 'restore',
  about:
    'one aggregator: from its start after a kill -9 until it has caught up, against a program that reads the same ' +
    'documents with find().toArray() and puts them in a Map',
  kind: 'own',
  rounds: 'once',
  measure: async (bench, build) => {
    const { options, signal } = bench;
    const measured: Measured[] = [];
    await withStage(bench, { build, users: options.users, aggregators: 1 }, async (stage) => {
      const known = { users: options.users };
      for (let round = 1; round <= options.rounds; round += 1) {
        for (const behind of [0, Math.min(behindMax, Math.floor(options.users / 10))]) {
          signal.throwIfAborted();
          const figures = await measureOne(bench, stage, known.users, behind, 1_000 + round);
          known.users += behind;
          measured.push({ what: behind === 0 ? 'nothing behind' : `${behind} events behind`, figures });
        }
      }
    });
    return measured;
  },
};

const measureOne = async (
  bench: Bench,
  stage: Stage,
  users: number,
  behind: number,
  seed: number,
): Promise<Figures> => {
  const { system, log, path } = stage;
  const [name = ''] = system.aggregators;
  await untilSaved(log, savedWithinMs);
  await untilCheckpointed(log, await readPartitions(log), savedWithinMs);
  await killProcess(system, name, 'SIGKILL');
  await stopProcess(system, name);
  const since = new Date();
  await append(bench, stage, behind, seed);
  const onStart = (pid: number) => {
    if (bench.pinning) void pin(pid, bench.pinning.target);
  };
  const plain = await readPlainly({ uri: system.mongodbUri, database: stage.database, since }, onStart);
  const startedAt = performance.now();
  await startProcess(system, name);
  await waitReady(system, name, caughtUpWithinMs);
  const readyMs = performance.now() - startedAt;
  while ((await readCount(system.url + path)) !== users + behind) {
    if (performance.now() - startedAt > caughtUpWithinMs)
      throw new Error(`${name} did not catch up within ${caughtUpWithinMs / 1_000} s`);
    await pause(10, bench.signal);
  }
  const caughtUpMs = performance.now() - startedAt;
  return {
    caughtUpMs,
    readyMs,
    plainMs: plain.totalMs,
    plainReadMs: plain.readMs,
    timeRatio: caughtUpMs / plain.totalMs,
  };
};

/** Appends events that no aggregator has applied: creations of further users. */
const append = async ({ signal }: Bench, { log }: Stage, users: number, seed: number): Promise<void> => {
  const [entity] = entities;
  if (!entity) throw new Error('Cannot append: expected at least one entity, found none');
  const partitions = await readPartitions(log);
  await seedLog(log, entity, partitions, { users, seed, concurrency: 2_000, signal, onSeeded: () => undefined });
};
