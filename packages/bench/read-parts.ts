import { readCpuMs } from './read-cpu.ts';
import { databasePidsOf } from './stage.ts';
import type { Target } from './targets.ts';

/** The processor time of the parts of a target, in milliseconds: its HTTP processes, its others, its database. */
export type Parts = { gateways: number; aggregators: number; database: number };

/** Reads the processor time of the parts of a target since their start. */
export const readParts = ({ stage, readPids, readFrontPids }: Target): Parts => {
  const front = readFrontPids();
  return {
    gateways: readCpuMs(front),
    aggregators: readCpuMs(readPids().filter((pid) => !front.includes(pid))),
    database: readCpuMs(databasePidsOf(stage)),
  };
};

/** Returns what the parts used between two readings, and their sum. Pure. */
export const partsBetween = (before: Parts, after: Parts): Parts & { all: number } => {
  const gateways = after.gateways - before.gateways;
  const aggregators = after.aggregators - before.aggregators;
  const database = after.database - before.database;
  return { gateways, aggregators, database, all: gateways + aggregators + database };
};
