import { openLogOn, openOwnServer, openShell, openTestDatabase, reopenServer, until } from '@muster/testing';
import type { ResumeToken } from 'mongodb';
import { closeStream, isLost, openStream, stagesOfPartitions } from './change-stream.ts';
import { appendAll, streams } from './contract/notes.ts';
import type { ForgetfulPlace, FragilePlace, Place } from './contract/subject.ts';
import { describeStoreContract } from './contract.ts';
import * as store from './index.ts';
import type { Log } from './open-log.ts';

const open = async (): Promise<Place> => {
  const database = await openTestDatabase();
  return { openLog: () => openLogOn(database), [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
};

const openFragile = async (): Promise<FragilePlace> => {
  const server = await openOwnServer();
  const running = [server]; // the last one runs on the data of the first
  const close = async () => {
    for (const one of running.reverse()) await one[Symbol.asyncDispose]();
  };
  return {
    openLog: () => openLogOn(server),
    cut: () => pauseServer(running.at(-1) ?? server),
    heal: async () => void process.kill((running.at(-1) ?? server).pid, 'SIGCONT'),
    crash: async () => {
      const { spawned } = running.at(-1) ?? server;
      spawned.child.kill('SIGKILL');
      await spawned.exited;
    },
    restart: async () => void running.push(await reopenServer(server)),
    [Symbol.asyncDispose]: close,
  };
};

/** Pauses the server, and waits until it stops responding: the signal takes effect with a delay. */
const pauseServer = async ({ pid, uri }: { pid: number; uri: string }) => {
  await using shell = openShell({ uri });
  await shell.db.command({ ping: 1 });
  process.kill(pid, 'SIGSTOP');
  const isSilent = () =>
    store.withinDeadline(shell.db.command({ ping: 1 }), 100, 'ping').then(
      () => false,
      () => true,
    );
  await until('the server stops responding', isSilent);
};

const everything = stagesOfPartitions(undefined);

const isForgotten = async (log: Log, token: ResumeToken | undefined): Promise<boolean> => {
  try {
    await closeStream(log, await openStream(log, everything, token));
    return false;
  } catch (error) {
    if (isLost(error)) return true;
    throw error;
  }
};

// a mongod's oplog cannot be small enough for this: its minimum is 990 MB
const openForgetful = async (): Promise<ForgetfulPlace | undefined> => {
  const server = await openOwnServer({ oplogMaxEntries: 1_000 });
  if (server.kind === 'mongod') return void (await server[Symbol.asyncDispose]());
  return {
    openLog: () => openLogOn(server),
    // the server drops old changes some time after new ones have come
    rollOver: async (log) => {
      const before = await openStream(log, everything, undefined);
      await closeStream(log, before);
      for (let batch = 0; batch < 6; batch += 1) await appendAll(store, log, streams(`roll-${batch}-`, 500));
      const untilMs = performance.now() + 20_000;
      for (let batch = 6; !(await isForgotten(log, before.first.token)); batch += 1) {
        if (performance.now() > untilMs) throw new Error('The server still has a position behind 3,000 later changes');
        await appendAll(store, log, streams(`roll-${batch}-`, 100));
      }
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};

describeStoreContract('MongoDB', { store, open, openFragile, openForgetful });
