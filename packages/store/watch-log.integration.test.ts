import { openTestDatabase } from '@muster/testing';
import { expect } from 'chai';
import { openWatch, startWatch } from './contract/watching.ts';
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

  it('reads an idle stream about twice a second, so that an idle process sleeps', async () => {
    const { uri, database } = await openTestDatabase();
    await using log = openLog({ uri, database, appName: 'test', monitorCommands: true });
    let reads = 0;
    handlesOf(log).client.on('commandStarted', ({ commandName }) => {
      if (commandName === 'getMore') reads += 1;
    });
    await using _ = await openWatch(store, log, {});
    reads = 0;
    await new Promise((resolve) => setTimeout(resolve, 2_600));
    expect(reads, 'reads of an idle stream in 2.6 s').to.be.at.most(6);
  });
});
