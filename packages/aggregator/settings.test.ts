import { expect } from 'chai';
import { parseAggregatorSettings } from './settings.ts';

const least = { MONGODB_URI: 'mongodb://127.0.0.1/', CLUSTER_SECRET: 'a secret of the tests' };

describe('The settings of an aggregator', () => {
  it('need a database; each partition is held twice and a lease expires after three seconds', () => {
    const parsed = parseAggregatorSettings(least);
    expect(
      parsed.kind === 'settings' && [parsed.settings.COPIES, parsed.settings.LEASE_MS, parsed.settings.AGGREGATOR_NAME],
    ).to.deep.equal([2, 3_000, undefined]);
  });

  it('refuse heartbeats that do not come three times in a lease', () => {
    const parsed = parseAggregatorSettings({ ...least, LEASE_MS: '1500', HEARTBEAT_EVERY_MS: '800' });
    expect(parsed.kind === 'problems' && parsed.problems.join()).to.match(/HEARTBEAT_EVERY_MS/);
    const unsaid = parseAggregatorSettings({ ...least, LEASE_MS: '1500' });
    expect(unsaid.kind === 'settings' && unsaid.settings.HEARTBEAT_EVERY_MS).to.equal(500);
  });

  it('refuse a name that is none', () => {
    const parsed = parseAggregatorSettings({ ...least, AGGREGATOR_NAME: 'two words' });
    expect(parsed.kind === 'problems' && parsed.problems.join()).to.match(/AGGREGATOR_NAME/);
  });

  it('do not take "everywhere" for an address under which it is known', () => {
    const parsed = parseAggregatorSettings({ ...least, HOST: '0.0.0.0', ADVERTISED_HOST: '0.0.0.0' });
    expect(parsed.kind === 'problems' && parsed.problems.join()).to.match(/ADVERTISED_HOST/);
    expect(parseAggregatorSettings({ ...least, HOST: '0.0.0.0' }).kind).to.equal('settings');
  });
});
