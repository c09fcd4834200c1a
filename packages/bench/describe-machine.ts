import { cpus, totalmem } from 'node:os';
import { basename } from 'node:path';
import { readCommandLine } from '@muster/embedded';
import { type Log, readServerVersion } from '@muster/store';

/** Returns lines that describe the machine and the versions of a measurement. */
export const describeMachine = async (log: Log, databasePid: number | undefined): Promise<string[]> => {
  const [first] = cpus();
  const version = await readServerVersion(log, 5_000);
  const commandLine = databasePid === undefined ? undefined : await readCommandLine(databasePid);
  const kind = commandLine === undefined ? 'an external server' : basename(commandLine.split(' ')[0] ?? '');
  return [
    `machine: ${first?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
    `Node.js ${process.versions.node}; MongoDB: ${kind}, version ${version}; ` +
      `all processes and the load generator run on this machine`,
  ];
};
