import { renameSync, writeFileSync } from 'node:fs';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readCommandLine } from '@muster/embedded';
import type { CopiesRule } from './judge-copies.ts';
import { processOf } from './managed-process.ts';
import { mongodbUriOf, type System, urlOf } from './system.ts';

/** What runs on a data folder, as its supervisor last wrote it; what is not known yet is missing. */
export type Running = {
  supervisorPid: number;
  /** What that pid runs: a number alone may have passed on to another program. */
  supervisor: string;
  mongodbUri?: string;
  mongodbPid?: number;
  url?: string;
  /** What the commands need to ask the aggregators. */
  clusterSecret?: string;
  processes: RunningProcess[];
  /** Where it takes orders, on 127.0.0.1: POST with the token. */
  control?: ControlAddress;
  database?: string;
  copies?: CopiesRule;
  /** The change under way. */
  changing?: string;
};

export type RunningProcess = { name: string; pid: number; healthPort?: number; url?: string };

export type ControlAddress = { port: number; token: string };

/** What runs on the data in `dataPath` now; undefined when nothing does, or its supervisor is gone. */
export const readRunning = async (dataPath: string): Promise<Running | undefined> => {
  const running = await readLastRun(dataPath);
  if (running === undefined) return undefined;
  return (await readCommandLine(running.supervisorPid)) === running.supervisor ? running : undefined;
};

/** As `readRunning`, of a supervisor that is gone, too: what it started may live a moment longer. */
export const readLastRun = async (dataPath: string): Promise<Running | undefined> => {
  try {
    return parseRunning(JSON.parse(await readFile(pathIn(dataPath), 'utf8')));
  } catch {
    return undefined; // there is none, or none of ours
  }
};

/** Takes the data folder for this process; undefined when a supervisor that lives has it, or just took it. */
export const claimRunning = async (dataPath: string): Promise<Running | undefined> => {
  if ((await readRunning(dataPath)) !== undefined) return undefined;
  await mkdir(dataPath, { recursive: true });
  await rm(pathIn(dataPath), { force: true });
  const supervisor = (await readCommandLine(process.pid)) ?? '';
  const running: Running = { supervisorPid: process.pid, supervisor, processes: [] };
  const fresh = freshPathIn(dataPath);
  await writeFile(fresh, serialize(running), { mode });
  // a link, since it fails where a rename would replace what someone else wrote in between
  const taken = await link(fresh, pathIn(dataPath)).then(
    () => true,
    () => false,
  );
  await rm(fresh, { force: true });
  return taken ? running : undefined;
};

/** Replaces what is written of the run, at once and as a whole. */
export const saveRunning = (dataPath: string, running: Running): void => {
  const fresh = freshPathIn(dataPath);
  writeFileSync(fresh, serialize(running), { mode });
  renameSync(fresh, pathIn(dataPath));
};

/** Forgets the run: it has ended as it should. */
export const removeRunning = (dataPath: string): Promise<void> => rm(pathIn(dataPath), { force: true });

/** What is known of a run from its start. */
export type Claimed = Pick<Running, 'supervisorPid' | 'supervisor' | 'control' | 'database' | 'copies'>;

/** What runs of the system at this moment. */
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

const mode = 0o600; // a URI may hold a password, and secret and token are such

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
