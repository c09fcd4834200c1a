import { readCpuMs } from './read-cpu.ts';
import { databasePidsOf, pidsOf, type Stage } from './stage.ts';

/** The processor time of the parts of a Muster, in milliseconds. */
export type Parts = { gateways: number; aggregators: number; database: number };

/** Reads the processor time of the parts of a stage since their start. */
export const readParts = (stage: Stage): Parts => ({
  gateways: readCpuMs(pidsOf(stage.system, stage.system.gateways)),
  aggregators: readCpuMs(pidsOf(stage.system, stage.system.aggregators)),
  database: readCpuMs(databasePidsOf(stage)),
});

/** Returns what the parts used between two readings, and their sum. Pure. */
export const partsBetween = (before: Parts, after: Parts): Parts & { all: number } => {
  const gateways = after.gateways - before.gateways;
  const aggregators = after.aggregators - before.aggregators;
  const database = after.database - before.database;
  return { gateways, aggregators, database, all: gateways + aggregators + database };
};
