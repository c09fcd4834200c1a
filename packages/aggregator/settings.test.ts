import { expect } from 'chai';
import { parseAggregatorSettings } from './settings.ts';

const least = { MONGODB_URI: 'mongodb://127.0.0.1/', CLUSTER_SECRET: 'a secret of the tests', AGGREGATOR_INDEX: '1' };

describe('The settings of an aggregator', () => {
  it('need a database and an index, and are known at the host where they listen', () => {
    const parsed = parseAggregatorSettings(least);
    expect(parsed.kind === 'settings' && [parsed.settings.AGGREGATOR_INDEX, parsed.settings.ADVERTISED_HOST]).to.deep.equal([1, '127.0.0.1']);
  });

  it('refuse an index that the count does not have', () => {
    const parsed = parseAggregatorSettings({ ...least, AGGREGATOR_INDEX: '3' });
    expect(parsed.kind === 'problems' && parsed.problems.join()).to.match(/AGGREGATOR_INDEX/);
  });

  it('ask for a name where they listen everywhere', () => {
    const parsed = parseAggregatorSettings({ ...least, HOST: '0.0.0.0' });
    expect(parsed.kind === 'problems' && parsed.problems.join()).to.match(/ADVERTISED_HOST/);
    expect(parseAggregatorSettings({ ...least, HOST: '0.0.0.0', ADVERTISED_HOST: 'aggregator-1' }).kind).to.equal('settings');
  });
});
