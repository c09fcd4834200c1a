import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { findProjectRoot } from '@muster/embedded';
import { openLog } from '@muster/store';
import { type ProcessEvent, type Running, readRunning } from '@muster/supervisor';
import { type Inspected, openShell, openTestDatabase, openTestFolder, until } from '@muster/testing';
import type { Ended } from './run-to-end.ts';

/** A running `npm start`, as a separate process on a new database and a new data folder. */
export type Started = AsyncDisposable & Inspected & { dataPath: string };

/** Runs the built `npm start` and waits until it reports that Muster runs. Throws its output if it does not start. */
export const openStarted = async (environment: Record<string, string> = {}): Promise<Started> => {
  const folder = await openTestFolder();
  const database = await openTestDatabase();
  const own = {
    MONGODB_URI: database.uri,
    DATABASE: database.database,
    DATA: folder.path,
    PORT: '0',
    SNAPSHOT_AFTER_MS: '300',
    CHECKPOINT_EVERY_MS: '2000',
  };
  const child = spawnMuster(['start'], { ...own, ...environment });
  const events: ProcessEvent[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface(stream).on('line', (line) => events.push({ kind: 'line', name: 'start', line }));
  }
  const ended = once(child, 'exit');
  const hears = (text: string) => events.some((event) => event.kind === 'line' && event.line.includes(text));
  await until('Muster runs', () => hears('Muster runs at') || child.exitCode !== null, 60_000);
  const { url, clusterSecret } = (await readRunning(folder.path)) ?? {};
  if (url === undefined || clusterSecret === undefined)
    throw new Error(
      `Muster did not start: ${events.map((event) => (event.kind === 'line' ? event.line : '')).join('\n')}`,
    );
  const log = openLog({ ...database, appName: 'test' });
  const shell = openShell(database);
  const close = async () => {
    await log[Symbol.asyncDispose]();
    await shell[Symbol.asyncDispose]();
    child.kill('SIGTERM');
    await ended;
    await database[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  return { url, log, shell, events, clusterSecret, dataPath: folder.path, [Symbol.asyncDispose]: close };
};

/** Runs `npm run scale` with these arguments to its end. */
export const runScale = async (started: Pick<Started, 'dataPath'>, ...words: string[]): Promise<Ended> =>
  (await beginScale(started, ...words)).ended;

/** Starts `npm run scale` with these arguments. `ended` resolves when it has ended. */
export const beginScale = (
  { dataPath }: Pick<Started, 'dataPath'>,
  ...words: string[]
): { child: ChildProcess; said: () => string; ended: Promise<Ended> } => {
  const child = spawnMuster(['scale', ...words], { DATA: dataPath });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (output += data));
  const ended = once(child, 'close').then(([code]) => ({ code, output }));
  return { child, said: () => output, ended };
};

/** Reads what runs, as the supervisor wrote it last. Throws when the supervisor has ended. */
export const runningOf = async ({ dataPath }: Pick<Started, 'dataPath'>): Promise<Running> => {
  const running = await readRunning(dataPath);
  if (running === undefined) throw new Error('Muster does not run: its supervisor has ended');
  return running;
};

// it stops by itself when the IPC channel closes, so that no process outlives the tests
const spawnMuster = (words: string[], environment: Record<string, string>): ChildProcess => {
  const { NODE_OPTIONS: _, MONGODB_URI: __, ...own } = process.env;
  const dist = join(findProjectRoot(), 'dist');
  return spawn(process.execPath, [join(dist, 'muster.js'), ...words], {
    env: { ...own, ENTITIES: join(dist, 'entities.js'), ...environment },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
};
