import { expect } from 'chai';
import { openLog } from './open-log.ts';

describe('The handles on the database', () => {
  it('read from the primary at majority and write at majority, journaled, whatever the URI says', async () => {
    const uri =
      'mongodb://localhost/?w=1&journal=false&readPreference=secondary&readConcernLevel=local&retryWrites=true';
    await using log = openLog({ uri, database: 'any', appName: 'test' });
    for (const collection of [log.events, log.checkpoints, log.aggregators, log.deadLetters, log.settings]) {
      expect([collection.readPreference?.mode, collection.readConcern?.level]).to.deep.equal(['primary', 'majority']);
      expect([collection.writeConcern?.w, collection.writeConcern?.journal]).to.deep.equal(['majority', true]);
    }
    expect(log.client.options.retryWrites).to.equal(false);
  });
});
