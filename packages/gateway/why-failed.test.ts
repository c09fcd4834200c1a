import { openLog, readServerVersion } from '@muster/store';
import { expect } from 'chai';
import { openFailures, whyFailed } from './why-failed.ts';

describe('Why a request failed', () => {
  const openFailing = () => {
    const logged: { err: Error; leftOut: number }[] = [];
    const logger = { warn: (line: { err: Error; leftOut: number }) => logged.push(line) } as never;
    return { logged, failing: { failures: openFailures(), logger } };
  };

  it('is told without the text of the driver, which only the log has, once in 10 seconds', async () => {
    await using log = openLog({ uri: 'mongodb://127.0.0.1:1', database: 'none', appName: 'test' }); // connects to nothing
    const error = await readServerVersion(log, 10_000).catch((thrown: unknown) => thrown);
    expect(String(error)).to.include('127.0.0.1:1');
    const { logged, failing } = openFailing();
    for (const now of [0, 9_999, 10_000])
      expect(whyFailed(failing, error, now)).to.equal('no answer from the database in time');
    expect(logged).to.deep.equal([
      { err: error, leftOut: 0 },
      { err: error, leftOut: 1 },
    ]);
  });

  it('is told in our own words where these are the reason', () => {
    const { logged, failing } = openFailing();
    expect(whyFailed(failing, new Error('the queue is full'))).to.equal('the queue is full');
    expect(whyFailed(failing, 'no error')).to.equal('no error');
    expect(logged).to.deep.equal([]);
  });
});
