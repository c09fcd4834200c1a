import { cpus, totalmem } from 'node:os';
import { basename } from 'node:path';
import { readCommandLine } from '@muster/embedded';
import { type Log, readServerVersion } from '@muster/store';

/** The machine and the versions that figures belong to, as lines. */
export const describeMachine = async (log: Log, databasePid: number | undefined): Promise<string[]> => {
  const [first] = cpus();
  const version = await readServerVersion(log, 5_000);
  const commandLine = databasePid === undefined ? undefined : await readCommandLine(databasePid);
  const kind = commandLine === undefined ? 'a given one' : basename(commandLine.split(' ')[0] ?? '');
  return [
    `machine: ${first?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    `Node.js ${process.versions.node}; MongoDB: ${kind}, says version ${version}; ` +
      `all on this one machine, the load generator too`,
  ];
};
