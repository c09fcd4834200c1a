import { expect } from 'chai';
import { parseAggregatorSettings } from './settings.ts';

const least = { MONGODB_URI: 'mongodb://127.0.0.1/', CLUSTER_SECRET: 'a secret of the tests' };

describe('The settings of an aggregator', () => {
  it('need only a database and a secret: the defaults are two copies and a lease of three seconds', () => {
    const parsed = parseAggregatorSettings(least);
    expect(
      parsed.kind === 'settings' && [parsed.settings.COPIES, parsed.settings.LEASE_MS, parsed.settings.AGGREGATOR_NAME],
    ).to.deep.equal([2, 3_000, undefined]);
  });

  it('refuse a heartbeat interval longer than a third of the lease', () => {
    const parsed = parseAggregatorSettings({ ...least, LEASE_MS: '1500', HEARTBEAT_EVERY_MS: '800' });
    expect(parsed.kind === 'problems' && parsed.problems.join()).to.match(/HEARTBEAT_EVERY_MS/);
    const unsaid = parseAggregatorSettings({ ...least, LEASE_MS: '1500' });
    expect(unsaid.kind === 'settings' && unsaid.settings.HEARTBEAT_EVERY_MS).to.equal(500);
  });

  it('refuse a name with a space', () => {
    const parsed = parseAggregatorSettings({ ...least, AGGREGATOR_NAME: 'two words' });
    expect(parsed.kind === 'problems' && parsed.problems.join()).to.match(/AGGREGATOR_NAME/);
  });

  it('refuse 0.0.0.0 as the advertised host', () => {
    const parsed = parseAggregatorSettings({ ...least, HOST: '0.0.0.0', ADVERTISED_HOST: '0.0.0.0' });
    expect(parsed.kind === 'problems' && parsed.problems.join()).to.match(/ADVERTISED_HOST/);
    expect(parseAggregatorSettings({ ...least, HOST: '0.0.0.0' }).kind).to.equal('settings');
  });
});
