import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { openOwnServer, openShell, openTestDatabase, reopenServer, type Shell } from '@muster/testing';
import { expect } from 'chai';
import { readCommandLine } from './command-line.ts';
import type { Database } from './open-database.ts';

describe('The embedded MongoDB', function () {
  this.timeout(60_000);

  it('keeps every acknowledged write after kill -9 and a restart on the same port', async () => {
    await using server = await openOwnServer();
    await insert(server, [{ _id: 1 }, { _id: 2 }]);
    await kill(server);
    await using again = await reopenServer(server);
    expect(again.port).to.equal(server.port);
    expect(again.pid).not.to.equal(server.pid);
    expect(await readIds(again)).to.deep.equal([1, 2]);
  });

  it('stops a server that an earlier process left running on its data', async () => {
    await using server = await openOwnServer();
    await insert(server, [{ _id: 1 }]);
    await using next = await reopenServer(server);
    expect(await server.spawned.exited).to.deep.equal({ code: 0, signal: null });
    expect(await readIds(next)).to.deep.equal([1]);
  });

  it('writes its output to a file next to its data', async () => {
    await using server = await openOwnServer();
    expect(await readFile(server.logPath, 'utf8')).to.match(/listening|Waiting for connections/);
  });

  it('reports why it cannot start, and the path of its output', async () => {
    await using server = await openOwnServer();
    await using other = await openOwnServer();
    await kill(other);
    const failure = await reopenServer({ ...other, port: server.port }).catch((error: unknown) => error);
    expect(String(failure)).to.match(
      /Cannot start the embedded MongoDB: it ended with .*Its output is in .*mongodb\.log/,
    );
  });

  it('ends and removes its files when it is stopped', async () => {
    const server = await openOwnServer();
    await server.stop();
    expect(await readCommandLine(server.pid)).to.equal(undefined);
    const left = await stat(server.dataPath).catch((error: NodeJS.ErrnoException) => error.code);
    expect(left).to.equal('ENOENT');
  });

  it('serves change streams, which a standalone server refuses', async () => {
    await using database = await openTestDatabase();
    await using shell = openShell(database);
    const things = thingsIn(shell);
    await using stream = things.watch([], { maxAwaitTimeMS: 100 });
    await stream.tryNext();
    await things.insertOne({ _id: 1 });
    const change = await stream.next();
    expect(change.operationType).to.equal('insert');
  });
});

const insert = async (server: Database, documents: { _id: number }[]) => {
  await using shell = openShell(server);
  await thingsIn(shell).insertMany(documents); // with write concern majority, journaled
};

const readIds = async (server: Database) => {
  await using shell = openShell(server);
  const found = await thingsIn(shell).find().sort({ _id: 1 }).toArray();
  return found.map(({ _id }) => _id);
};

const thingsIn = ({ db }: Shell) => db.collection<{ _id: number }>('things');

const kill = async ({ spawned }: Database) => {
  const gone = once(spawned.child, 'exit');
  spawned.child.kill('SIGKILL');
  await gone;
};
