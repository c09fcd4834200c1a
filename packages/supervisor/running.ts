import { renameSync, writeFileSync } from 'node:fs';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommandLine } from '@muster/embedded';
import type { CopiesRule } from './judge-copies.ts';
import { processOf } from './managed-process.ts';
import { mongodbUriOf, type System, urlOf } from './system.ts';

/** What runs on a data folder, as its supervisor last wrote it. Values that are not known yet are undefined. */
export type Running = {
  supervisorPid: number;
  /** The command line of that pid, to detect a pid that another program uses by now. */
  supervisor: string;
  mongodbUri?: string;
  mongodbPid?: number;
  url?: string;
  /** The commands need it to connect to the aggregators. */
  clusterSecret?: string;
  processes: RunningProcess[];
  /** The port on 127.0.0.1 and the token for requests to change the system. */
  control?: ControlAddress;
  database?: string;
  copies?: CopiesRule;
  /** The change that is running, in words. */
  changing?: string;
};

export type RunningProcess = { name: string; pid: number; healthPort?: number; url?: string };

export type ControlAddress = { port: number; token: string };

/** Reads what runs on the data in `dataPath` now. Returns undefined when nothing runs or the supervisor has ended. */
export const readRunning = async (dataPath: string): Promise<Running | undefined> => {
  const running = await readLastRun(dataPath);
  if (running === undefined) return undefined;
  return (await readCommandLine(running.supervisorPid)) === running.supervisor ? running : undefined;
};

/** Reads what ran last, even if the supervisor has ended: its processes may still be running. */
export const readLastRun = async (dataPath: string): Promise<Running | undefined> => {
  try {
    return parseRunning(JSON.parse(await readFile(pathIn(dataPath), 'utf8')));
  } catch {
    return undefined; // there is no such file, or Muster did not write it
  }
};

/**
 * Claims the data folder for this process. Returns undefined when a running supervisor has it or claims it just now.
 */
export const claimRunning = async (dataPath: string): Promise<Running | undefined> => {
  if ((await readRunning(dataPath)) !== undefined) return undefined;
  await mkdir(dataPath, { recursive: true });
  await rm(pathIn(dataPath), { force: true });
  const supervisor = (await readCommandLine(process.pid)) ?? '';
  const running: Running = { supervisorPid: process.pid, supervisor, processes: [] };
  const fresh = freshPathIn(dataPath);
  await writeFile(fresh, serialize(running), { mode });
  // a link fails if another process created the file in between; a rename would replace that file
  const taken = await link(fresh, pathIn(dataPath)).then(
    () => true,
    () => false,
  );
  await rm(fresh, { force: true });
  return taken ? running : undefined;
};

/** Replaces running.json atomically. */
export const saveRunning = (dataPath: string, running: Running): void => {
  const fresh = freshPathIn(dataPath);
  writeFileSync(fresh, serialize(running), { mode });
  renameSync(fresh, pathIn(dataPath));
};

/** Removes running.json after a run has ended. */
export const removeRunning = (dataPath: string): Promise<void> => rm(pathIn(dataPath), { force: true });

/** What is known of a run from the beginning. */
export type Claimed = Pick<Running, 'supervisorPid' | 'supervisor' | 'control' | 'database' | 'copies'>;

/** Returns what runs at this moment. `host` is the address on which the gateways listen. */
export const describeRunning = (claimed: Claimed, system: System, host: string): Running => ({
  supervisorPid: claimed.supervisorPid,
  supervisor: claimed.supervisor,
  control: claimed.control,
  database: claimed.database,
  copies: claimed.copies,
  changing: system.changing.what,
  mongodbUri: orUndefined(() => mongodbUriOf(system)),
  mongodbPid: system.processes.get('mongodb')?.spawned?.pid,
  url: orUndefined(() => urlOf(system, host)),
  clusterSecret: system.clusterSecret,
  processes: [...system.gateways, ...system.aggregators].flatMap((name) => {
    const { spawned, ready } = processOf(system, name);
    const url = system.gateways.includes(name) ? orUndefined(() => urlOf(system, host, name)) : undefined;
    return spawned ? [{ name, pid: spawned.pid, healthPort: ready?.healthPort, url }] : [];
  }),
});

const pathIn = (dataPath: string) => join(dataPath, 'running.json');
const freshPathIn = (dataPath: string) => join(dataPath, `running.json.${process.pid}`);

const mode = 0o600; // the file has the cluster secret and the token, and the URI may have a password

const serialize = (running: Running) => `${JSON.stringify(running, undefined, 2)}\n`;

const parseRunning = (value: unknown): Running | undefined => {
  const isOurs =
    typeof value === 'object' &&
    value !== null &&
    'supervisorPid' in value &&
    'supervisor' in value &&
    'processes' in value;
  return isOurs ? (value as Running) : undefined;
};

const orUndefined = <Value>(read: () => Value): Value | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};
