import { expect } from 'chai';
import { handlesOf, openLog } from './open-log.ts';

describe('The handles on the database', () => {
  it('read from the primary at majority and write at majority, journaled, whatever the URI says', async () => {
    const uri =
      'mongodb://localhost/?w=1&journal=false&readPreference=secondary&readConcernLevel=local&retryWrites=true';
    await using log = openLog({ uri, database: 'any', appName: 'test' });
    for (const collection of [
      handlesOf(log).events,
      handlesOf(log).checkpoints,
      handlesOf(log).aggregators,
      handlesOf(log).deadLetters,
      handlesOf(log).settings,
    ]) {
      expect([collection.readPreference?.mode, collection.readConcern?.level]).to.deep.equal(['primary', 'majority']);
      expect([collection.writeConcern?.w, collection.writeConcern?.journal]).to.deep.equal(['majority', true]);
    }
    expect(handlesOf(log).client.options.retryWrites).to.equal(false);
  });
});
