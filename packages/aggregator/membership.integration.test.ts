import { openLogger, openMetrics } from '@muster/runtime';
import { listMembers } from '@muster/store';
import { note, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { type Aggregator, openAggregator } from './aggregator.ts';
import { beat, beginMembership, join, NameTaken } from './membership.ts';
import { parseAggregatorSettings } from './settings.ts';
import { openPartition } from './table.ts';

describe('A membership', () => {
  it('is the same one however often it takes to join', async () => {
    await using log = await openTestLog();
    const aggregator = open(log);
    beginMembership(aggregator);
    await join(aggregator);
    const { incarnation } = aggregator.heart;
    await join(aggregator); // as after an answer that was lost
    await beat(aggregator);
    expect((await listMembers(log, 5_000)).map((member) => member.incarnation)).to.deep.equal([incarnation]);
  });

  it('begins anew with nothing of the former one in memory, under another incarnation', async () => {
    await using log = await openTestLog();
    const aggregator = open(log);
    beginMembership(aggregator);
    await join(aggregator);
    const { incarnation } = aggregator.heart;
    aggregator.table.set(1, { ...openPartition(1), served: true });
    beginMembership(aggregator);
    await join(aggregator);
    const [member] = await listMembers(log, 5_000);
    expect(member?.partitions).to.deep.equal([]);
    expect(member?.incarnation).not.to.equal(incarnation);
  });

  it('is over for good when another process has the name', async () => {
    await using log = await openTestLog();
    const [older, newer] = [open(log), open(log)];
    for (const aggregator of [older, newer]) {
      beginMembership(aggregator);
      await join(aggregator);
    }
    await beat(newer);
    const error = await beat(older).catch((thrown) => thrown);
    expect(error).to.be.instanceOf(NameTaken);
  });
});

const open = (log: Aggregator['log']): Aggregator => {
  const parsed = parseAggregatorSettings({
    MONGODB_URI: 'mongodb://127.0.0.1/',
    CLUSTER_SECRET: 'a secret of the tests',
  });
  if (parsed.kind !== 'settings') throw new Error(parsed.problems.join());
  const about = {
    name: 'aggregator-0',
    logger: openLogger('aggregator-0', 'silent'),
    registry: openMetrics('aggregator-0'),
  };
  return openAggregator({ ...about, settings: parsed.settings, entities: [note], log });
};
