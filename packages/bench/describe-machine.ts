import { execFile } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { basename } from 'node:path';
import { promisify } from 'node:util';
import { findProjectRoot, readCommandLine } from '@muster/embedded';
import { readServerVersion } from '@muster/store';
import { databasePidsOf, type Stage } from './stage.ts';

/** The machine and the versions of a run. */
export type Machine = {
  processor: string;
  cores: number;
  memoryGib: number;
  system: string;
  node: string;
  database: string;
};

/** Describes this machine. The database is that of a stage, if there is one. */
export const describeMachine = async (stage: Stage | undefined): Promise<Machine> => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown processor',
  cores: cpus().length,
  memoryGib: Math.round(totalmem() / 2 ** 30),
  system: `${process.platform} ${process.arch}`,
  node: process.versions.node,
  database: stage ? await describeDatabase(stage) : 'not known',
});

const describeDatabase = async (stage: Stage): Promise<string> => {
  const [pid] = databasePidsOf(stage);
  const commandLine = pid === undefined ? undefined : await readCommandLine(pid);
  const kind = commandLine === undefined ? 'an external server' : basename(commandLine.split(' ')[0] ?? '');
  return `${kind}, version ${await readServerVersion(stage.log, 5_000)}`;
};

/** Returns the commit of this checkout, with `+` when files have changed since. `unknown` outside a checkout. */
export const readCommit = async (): Promise<string> => {
  const git = async (...words: string[]) =>
    (await promisify(execFile)('git', words, { cwd: findProjectRoot() })).stdout.trim();
  try {
    const isChanged = (await git('status', '--porcelain', '--untracked-files=no')) !== '';
    return (await git('rev-parse', '--short', 'HEAD')) + (isChanged ? '+' : '');
  } catch {
    return 'unknown';
  }
};
