import { type Copies, judgeCopies, type Running } from '@muster/supervisor';
import { expect } from 'chai';
import { describeCopies } from './describe-copies.ts';
import { describeMove, describeStep, describeTime } from './describe-move.ts';
import { describeStatus } from './describe-status.ts';

const servedBy = (served: Record<string, number[]>, names: string[] = []): Copies => {
  const databaseNow = 10_000;
  const members = Object.entries(served).map(([name, partitions]) => ({
    ...{ name, incarnation: 'i', address: 'host:1', partitions, warming: [], state: 'serving' as const },
    ...{ heartbeatAt: databaseNow, steadySince: 0 },
  }));
  return judgeCopies({ databaseNow, partitions: 4, members }, { copies: 2, leaseMs: 3_000 }, names);
};

const two = servedBy({ 'aggregator-0': [0, 1, 2, 3], 'aggregator-1': [0, 1, 2, 3] });
const three = servedBy({ 'aggregator-0': [0, 1, 2], 'aggregator-1': [0, 1, 3], 'aggregator-2': [2, 3] });

const running: Running = {
  ...{ supervisorPid: 7, supervisor: 'muster', url: 'http://127.0.0.1:3000', mongodbUri: 'mongodb://ada:secret@host/' },
  control: { port: 1, token: 'hidden' },
  processes: [
    { name: 'gateway', pid: 11, url: 'http://127.0.0.1:3000', healthPort: 3_100 },
    { name: 'aggregator-0', pid: 12, healthPort: 3_101 },
    { name: 'aggregator-1', pid: 13, healthPort: 3_102 },
    { name: 'aggregator-2', pid: 14 },
  ],
};

describe('The status that scale prints', () => {
  it('has each process, where it answers, and which partitions it serves', () => {
    const text = describeStatus(running, three);
    expect(text).to.match(
      /gateway +11 +http:\/\/127\.0\.0\.1:3000, http:\/\/127\.0\.0\.1:3100\/readyz and \/metrics +-$/m,
    );
    expect(text).to.match(/aggregator-1 +13 +http:\/\/127\.0\.0\.1:3102\/readyz and \/metrics +3: 0-1, 3$/m);
    expect(text).to.contain('4 partitions, each served by 2 of 3 aggregators');
  });

  it('has no token and no password', () =>
    expect(describeStatus(running, three)).not.to.contain('hidden').and.not.to.contain('secret'));

  it('lists what is missing', () => {
    const text = describeStatus(
      running,
      servedBy({ 'aggregator-0': [0, 1, 2, 3], 'aggregator-1': [0] }, ['aggregator-2']),
    );
    expect(text).to.contain('4 partitions: 1 served by 2 (0), 3 served by 1 (1-3) of 2 aggregators');
    expect(text).to.contain('  aggregator-2 has not joined\n  partitions 1-3 have 1 replica, expected 2');
  });

  it('shows the change that is running', () =>
    expect(describeStatus({ ...running, changing: 'scale to 5 aggregators' }, three)).to.contain(
      'Running change: scale to 5 aggregators',
    ));

  it('has aggregators that were started elsewhere', () => {
    expect(describeStatus({ ...running, processes: [] }, two)).to.match(/aggregator-1 +- +not started here +4: 0-3/);
    expect(describeStatus(undefined, two)).to.contain('aggregator-0').and.not.to.contain('runs at');
  });
});

describe('The result that scale prints', () => {
  it('has the partitions of each aggregator before and after, and how many moved', () => {
    const text = describeMove(two, three);
    expect(text).to.match(/aggregator-0 +4 +3$/m);
    expect(text).to.match(/aggregator-2 +- +2$/m);
    expect(text).to.contain('4 partitions, each served by 2 of 3 aggregators; 2 moved');
  });

  it('has aggregators that were stopped', () => expect(describeMove(three, two)).to.match(/aggregator-2 +2 +-$/m));

  it('states that no partition moved when the replicas are the same', () =>
    expect(describeMove(three, three)).to.contain('; 0 moved'));

  it('lists what is still missing', () =>
    expect(describeMove(two, servedBy({ 'aggregator-0': [0, 1, 2] }))).to.contain(
      'partition 3 has no replica, expected 1',
    ));

  it('has each step', () => {
    expect(describeStep({ kind: 'begun', what: 'start aggregator-3' })).to.equal('start aggregator-3 …');
    expect(describeStep({ kind: 'ended', what: 'start aggregator-3', ms: 3_140 })).to.equal(
      'start aggregator-3: done after 3.1 s',
    );
  });

  it('has the total time and the slowest step', () => {
    const steps = [1_000, 3_140, 20].map((ms, index) => ({ kind: 'ended' as const, what: `step ${index}`, ms }));
    expect(describeTime(4_200, steps)).to.equal('Done in 4.2 s; the slowest step: step 1 (3.1 s)');
    expect(describeTime(1, [])).to.equal('Done: there was nothing to change');
  });
});

describe('The description of copies', () => {
  it('states how many aggregators serve each partition when all have the same number', () =>
    expect(describeCopies(two)).to.equal('4 partitions, each served by 2 of 2 aggregators'));
  it('uses the singular for one aggregator', () =>
    expect(describeCopies(servedBy({ 'aggregator-0': [0, 1, 2, 3] }))).to.equal(
      '4 partitions, each served by 1 of 1 aggregator',
    ));
});
