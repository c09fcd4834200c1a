import { openLogger, openMetrics } from '@muster/runtime';
import { joinMembers, leaveMembers, listMembers } from '@muster/store';
import { note, openTestLog } from '@muster/testing';
import { expect } from 'chai';
import { type Aggregator, openAggregator } from './aggregator.ts';
import { beat, beginMembership, endMembership, isMember, join, NameTaken } from './membership.ts';
import { parseAggregatorSettings } from './settings.ts';

describe('A membership', () => {
  it('keeps its incarnation when joining is repeated', async () => {
    await using log = await openTestLog();
    const aggregator = open(log);
    beginMembership(aggregator);
    await join(aggregator);
    const { incarnation } = aggregator.heart;
    await join(aggregator); // as after a lost answer
    await beat(aggregator);
    expect((await listMembers(log, 5_000)).map((member) => member.incarnation)).to.deep.equal([incarnation]);
  });

  it('waits for others that may start at the same time, unless it was the only aggregator before', async () => {
    await using log = await openTestLog();
    const first = open(log);
    beginMembership(first);
    const waited = await millisecondsOf(join(first));
    expect(waited).to.be.at.least(400);
    const [document] = await listMembers(log, 5_000);
    if (!document) throw new Error('Cannot test without the document of a member');
    const partitions = Array.from({ length: first.settings.PARTITIONS }, (_, number) => number);
    const times: number[] = [];
    for (let time = 0; time < 3; time += 1) {
      await joinMembers(log, { ...document, partitions }, 5_000);
      const second = open(log);
      beginMembership(second);
      times.push(await millisecondsOf(join(second)));
    }
    expect(Math.min(...times)).to.be.below(waited);
  });

  it('begins again with another incarnation', async () => {
    await using log = await openTestLog();
    const aggregator = open(log);
    beginMembership(aggregator);
    await join(aggregator);
    const { incarnation } = aggregator.heart;
    endMembership(aggregator);
    expect(isMember(aggregator)).to.equal(false);
    beginMembership(aggregator);
    await join(aggregator);
    const [member] = await listMembers(log, 5_000);
    expect(member?.incarnation).not.to.equal(incarnation);
  });

  it('expires when its document is gone', async () => {
    await using log = await openTestLog();
    const aggregator = open(log);
    beginMembership(aggregator);
    await join(aggregator);
    expect(await beat(aggregator)).to.equal('renewed');
    const { name, incarnation } = aggregator.heart;
    await leaveMembers(log, { _id: name, incarnation }, 5_000);
    expect(await beat(aggregator)).to.equal('expired');
  });

  it('ends with NameTaken when another process uses the name', async () => {
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

const millisecondsOf = async (work: Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
};
