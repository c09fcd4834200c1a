import { openTestDatabase } from '@muster/testing';
import { expect } from 'chai';
import { beat, openWatch, startWatch } from './contract/watching.ts';
import * as store from './index.ts';
import { handlesOf, openLog } from './open-log.ts';

describe('Watching the log', () => {
  it('ends soon after it is aborted, also while it waits for an unreachable server', async () => {
    await using nowhere = store.openLog({
      uri: 'mongodb://127.0.0.1:1/?replicaSet=nobody',
      database: 'muster',
      appName: 'test',
    });
    const pausing = startWatch(store, nowhere, { partitions: [0], pauseMs: () => 600_000 });
    await pausing.until('the stream is broken', ({ kinds }) => kinds.includes('broken'));
    const pausedAt = performance.now();
    await pausing[Symbol.asyncDispose]();
    expect(performance.now() - pausedAt).to.be.below(3_000);
  });

  it('reads seldom on an idle system, and brings heartbeats together that are written at once', async () => {
    const { uri, database } = await openTestDatabase();
    await using log = openLog({ uri, database, appName: 'test', monitorCommands: true });
    let reads = 0;
    handlesOf(log).client.on('commandStarted', ({ commandName }) => {
      if (commandName === 'getMore') reads += 1;
    });
    await using watch = await openWatch(store, log, {});
    reads = 0;
    await new Promise((resolve) => setTimeout(resolve, 2_600));
    expect(reads, 'reads of an idle stream in 2.6 s').to.be.at.most(3);

    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    for (const name of names) await beat(store, log, name, 1);
    const rounds: number[] = [];
    for (let round = 2; round <= 8; round += 1) {
      await watch.until('all heartbeats are back', ({ beats }) =>
        names.every((name) => beats.includes(`${name}:${round - 1}`)),
      );
      reads = 0;
      await Promise.all(names.map((name) => beat(store, log, name, round)));
      await watch.until('all are back', ({ beats }) => names.every((name) => beats.includes(`${name}:${round}`)));
      rounds.push(reads);
    }
    // on a busy machine, they may not be written at once in each round
    expect(Math.min(...rounds), `reads for ${names.length} heartbeats: ${rounds}`).to.be.below(names.length / 2);
  });
});
