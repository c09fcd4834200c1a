import type { Entity } from '@muster/model';
import { countDeadLetters, estimateEvents, guardStoredLog, openLog } from '@muster/store';
import { openAggregators } from '../ask-aggregators.ts';
import { findSystem, readPartitions } from '../find-system.ts';
import { closeProgress, openProgress, showProgress } from '../progress.ts';
import { describeFindings } from './describe-findings.ts';
import { findOutside } from './find-outside.ts';
import { findUnknown, noteDifference, noteUnlooked, openFindings } from './findings.ts';
import { verifyPartition } from './verify-partition.ts';

/** `entities` are those of the system. */
export type VerifyOptions = { memory: boolean; entities: readonly Entity[] };

/**
 * Folds the log of the running system and compares the states with the aggregators' memory and the snapshot. Prints the
 * findings. Returns the exit code: 0 all equal, 1 any difference, 2 not everything could be inspected.
 */
export const verify = async (
  environment: NodeJS.ProcessEnv,
  options: VerifyOptions,
  print: (text: string) => void,
): Promise<number> => {
  const startedAt = performance.now();
  const { entities } = options;
  const system = await findSystem(environment);
  if (system.kind === 'problems') return refuse(system.problems.join('; '), print);
  await using log = openLog({ uri: system.uri, database: system.database, appName: 'muster-verify' });
  try {
    const partitions = await readPartitions(log);
    await guardStoredLog(log, 5_000); // what was derived from another log is nobody's record
    const total = await estimateEvents(log, 10_000);
    await using aggregators = await openAggregators(log, system.secret);
    const looking = {
      log,
      entities: new Map(entities.map((entity) => [entity.name, entity])),
      partitions,
      findings: openFindings(),
    };
    const { findings } = looking;
    const progress = openProgress('Events verified', total);
    for (let partition = 0; partition < partitions; partition += 1) {
      const replicas = options.memory ? (aggregators.byPartition.get(partition) ?? []) : [];
      if (options.memory && replicas.length === 0) noteUnlooked(findings, partition, whoIsSilent(aggregators.silent));
      await verifyPartition(looking, partition, replicas, (events) => showProgress(progress, findings.events + events));
      showProgress(progress, findings.events);
    }
    for (const difference of await findOutside(log, entities, partitions)) noteDifference(findings, difference);
    closeProgress(progress);
    const letters = await countDeadLetters(log, 10_000);
    print(
      describeFindings(findings, {
        entities,
        letters,
        partitions,
        memory: options.memory,
        seconds: (performance.now() - startedAt) / 1_000,
      }),
    );
    if (findUnknown(findings, entities).length > 0) return 2;
    if (findings.differences > 0) return 1;
    return findings.unlooked.size > 0 ? 2 : 0;
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), print);
  }
};

const whoIsSilent = (silent: readonly string[]) =>
  silent.length > 0 ? `no replica answers; silent are ${silent.join(', ')}` : 'no aggregator holds it';

const refuse = (problem: string, print: (text: string) => void): number => {
  print(`Cannot verify: ${problem}`);
  return 2;
};
