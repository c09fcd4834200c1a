import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, findServer, openDatabase, type Server } from '@muster/embedded';
import { openShell } from './open-shell.ts';

export type TestDatabase = AsyncDisposable & {
  uri: string;
  /** The name of a database that no other test uses. */
  database: string;
  /** `given` is the server that TEST_MONGODB_URI names. */
  kind: Database['kind'] | 'given';
};

export type OwnServerOptions = { oplogMaxEntries?: number; port?: number };

/**
 * Returns an empty database for one test file, on the server that TEST_MONGODB_URI names. Without that variable, all
 * test files of this process share an embedded server. It starts at the first call. It ends, and its files are removed,
 * when the process ends for any reason.
 */
export const openTestDatabase = async (): Promise<TestDatabase> => {
  const database = `test_${process.pid}_${randomBytes(6).toString('hex')}`;
  const given = process.env.TEST_MONGODB_URI;
  if (given) return { uri: given, database, kind: 'given', [Symbol.asyncDispose]: () => dropDatabase(given, database) };
  shared.server ??= openOwnServer();
  const { uri, kind } = await shared.server;
  return { uri, database, kind, [Symbol.asyncDispose]: async () => undefined };
};

/**
 * Starts a server for one test only, which can kill, pause and restart it. Its folder is removed on disposal, or when
 * the process ends.
 */
export const openOwnServer = async ({ oplogMaxEntries, port = 0 }: OwnServerOptions = {}): Promise<Database> => {
  const folder = await openTestFolder();
  const server = boundToExit(
    await openDatabase({ dataPath: join(folder.path, 'mongodb'), port, oplogMaxEntries, ...(await unattended()) }),
  );
  const close = async () => {
    await server.stop();
    await folder[Symbol.asyncDispose]();
  };
  return { ...server, stop: close, [Symbol.asyncDispose]: close };
};

/** Restarts a killed server on its data and port. Dispose it before the killed server, which owns the folder. */
export const reopenServer = async (
  { dataPath, port }: Database,
  { oplogMaxEntries }: OwnServerOptions = {},
): Promise<Database> => boundToExit(await openDatabase({ dataPath, port, oplogMaxEntries, ...(await unattended()) }));

/**
 * Creates an empty folder for a test. It is removed on disposal, when the process ends, or, if the process was killed,
 * at the next run.
 */
export const openTestFolder = async (): Promise<AsyncDisposable & { path: string }> => {
  removeFoldersOfTheDead();
  const path = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  const removeNow = () => rmSync(path, thoroughly);
  process.once('exit', removeNow);
  const remove = async () => {
    process.off('exit', removeNow);
    await rm(path, thoroughly);
  };
  return { path, [Symbol.asyncDispose]: remove };
};

// shared by test files: finding and starting a server takes longer than most files take to run
const shared: { found?: Promise<Server>; server?: Promise<Database> } = {};

const prefix = 'muster-test-';
const thoroughly = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 };

const unattended = async () => {
  const search = { say: () => undefined, environment: process.env };
  shared.found ??= findServer(search);
  return { ...search, server: await shared.found, dieWithParent: true };
};

// the server does not keep the test process alive, and ends with it
const boundToExit = (server: Database): Database => {
  const { child, exited } = server.spawned;
  const kill = () => child.kill('SIGKILL');
  process.prependOnceListener('exit', kill);
  void exited.then(() => process.off('exit', kill));
  child.unref();
  return server;
};

const dropDatabase = async (uri: string, database: string) => {
  await using shell = openShell({ uri, database });
  await shell.db.dropDatabase();
};

const removeFoldersOfTheDead = () => {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(/^muster-test-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isAlive(pid)) rmSync(join(tmpdir(), name), thoroughly);
  }
};

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};
