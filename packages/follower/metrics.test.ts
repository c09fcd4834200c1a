import { openMetrics } from '@muster/runtime';
import { at } from '@muster/testing';
import { expect } from 'chai';
import { type Follower, openSite, type Site } from './follower.ts';
import { openFollowerMetrics, readHealth } from './metrics.ts';

const openPart = (...changes: Partial<Site>[]) => {
  const sites = changes.map((change, index): [string, Site] => {
    const url = `https://site-${index}`;
    const stored = { _id: url, addedAt: at(1), events: 7, adopted: 3, refused: 1, log: 'log-1', position: 'p7' };
    return [url, { ...openSite(stored, 'log-1', 'hunter2'), ...change }];
  });
  const follower = { settings: { SITE: 'oslo' }, sites: new Map(sites), database: { reachable: true } };
  return follower as unknown as Follower;
};
const linesOf = async (follower: Follower) => {
  const registry = openMetrics('follower');
  openFollowerMetrics(registry, follower);
  const read = async () => (await registry.metrics()).split('\n').filter((line) => line.startsWith('muster_site_'));
  return { read };
};
const of = (url: string) => `{site="${url}",process="follower"}`;

describe('The metrics of a follower', () => {
  it('have one line for each site, and none for one that is no longer followed', async () => {
    const follower = openPart({ there: 10, phase: 'reading' }, { isCurrent: true, problem: 'away' }, {});
    const { read } = await linesOf(follower);
    const [first, second] = [of('https://site-0'), of('https://site-1')];
    const asked = of('https://site-2');
    const lines = await read();
    expect(lines).to.include.members([
      ...[`muster_site_lag_events${first} 3`, `muster_site_lag_events${second} 0`],
      ...[`muster_site_events${first} 7`, `muster_site_adopted${first} 3`, `muster_site_refused${first} 1`],
      ...[`muster_site_connected${first} 1`, `muster_site_connected${second} 0`, `muster_site_connected${asked} 0`],
      `muster_site_lag_seconds${second} 0`,
    ]);
    follower.sites.delete('https://site-0');
    expect((await read()).join('\n'))
      .to.contain('site-1')
      .and.not.contain('site-0');
  });

  it('say nothing about events to read of a site that does not know how many it has', async () => {
    const { read } = await linesOf(openPart({}));
    const lines = (await read()).join('\n');
    expect(lines).to.contain('muster_site_lag_seconds').and.not.contain('muster_site_lag_events');
  });
});

describe('The health of a follower', () => {
  it('is that of its database: a site that is away does not make it unready', () => {
    const follower = openPart({ name: 'lima', phase: 'failing', problem: 'it is away', there: 10 });
    const health = readHealth(follower);
    expect(health.ready).to.equal(true);
    expect(health.details).to.have.nested.property('site', 'oslo');
    const shown = (health.details as { sites: Record<string, object> }).sites['https://site-0'];
    expect(shown).to.deep.include({ name: 'lima', phase: 'failing', problem: 'it is away', lagEvents: 3, events: 7 });
    expect(JSON.stringify(health)).not.to.contain('hunter2');
    follower.database.reachable = false;
    expect(readHealth(follower)).to.deep.include({ ready: false });
  });
});
