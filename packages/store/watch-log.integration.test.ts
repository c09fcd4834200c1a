import { expect } from 'chai';
import { startWatch } from './contract/watching.ts';
import * as store from './index.ts';

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
});
