import { type Copies, judgeCopies, type Running } from '@muster/supervisor';
import { expect } from 'chai';
import { describeCopies } from './describe-copies.ts';
import { describeMove, describeStep, describeTime } from './describe-move.ts';
import { describeStatus } from './describe-status.ts';

const heldBy = (held: Record<string, number[]>, names: string[] = []): Copies => {
  const databaseNow = 10_000;
  const members = Object.entries(held).map(([name, partitions]) => ({
    ...{ name, incarnation: 'i', address: 'host:1', partitions, warming: [], state: 'serving' as const },
    ...{ heartbeatAt: databaseNow, steadySince: 0 },
  }));
  return judgeCopies({ databaseNow, partitions: 4, members }, { copies: 2, leaseMs: 3_000 }, names);
};

const two = heldBy({ 'aggregator-0': [0, 1, 2, 3], 'aggregator-1': [0, 1, 2, 3] });
const three = heldBy({ 'aggregator-0': [0, 1, 2], 'aggregator-1': [0, 1, 3], 'aggregator-2': [2, 3] });

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

describe('What scale says of what runs', () => {
  it('is each process, where it answers, and what it holds', () => {
    const text = describeStatus(running, three);
    expect(text).to.match(
      /gateway +11 +http:\/\/127\.0\.0\.1:3000, http:\/\/127\.0\.0\.1:3100\/readyz and \/metrics +-$/m,
    );
    expect(text).to.match(/aggregator-1 +13 +http:\/\/127\.0\.0\.1:3102\/readyz and \/metrics +3: 0-1, 3$/m);
    expect(text).to.contain('4 partitions, each held by 2 of 3 aggregators');
  });

  it('is no token and no password', () =>
    expect(describeStatus(running, three)).not.to.contain('hidden').and.not.to.contain('secret'));

  it('is what is missing', () => {
    const text = describeStatus(
      running,
      heldBy({ 'aggregator-0': [0, 1, 2, 3], 'aggregator-1': [0] }, ['aggregator-2']),
    );
    expect(text).to.contain('4 partitions: 1 held by 2 (0), 3 held by 1 (1-3) of 2 aggregators');
    expect(text).to.contain('  aggregator-2 has not joined\n  partitions 1-3 have 1 replica, expected 2');
  });

  it('is the change that is under way', () =>
    expect(describeStatus({ ...running, changing: 'scale to 5 aggregators' }, three)).to.contain(
      'Under way: scale to 5 aggregators',
    ));

  it('is also an aggregator that was started elsewhere', () => {
    expect(describeStatus({ ...running, processes: [] }, two)).to.match(/aggregator-1 +- +not started here +4: 0-3/);
    expect(describeStatus(undefined, two)).to.contain('aggregator-0').and.not.to.contain('runs at');
  });
});

describe('What scale says of a move', () => {
  it('is what each holds before and after, and how many partitions changed hands', () => {
    const text = describeMove(two, three);
    expect(text).to.match(/aggregator-0 +4 +3$/m);
    expect(text).to.match(/aggregator-2 +- +2$/m);
    expect(text).to.contain('4 partitions, each held by 2 of 3 aggregators; 2 changed hands');
  });

  it('is who has gone', () => expect(describeMove(three, two)).to.match(/aggregator-2 +2 +-$/m));

  it('is that nothing moved, where it came back as it was', () =>
    expect(describeMove(three, three)).to.contain('; 0 changed hands'));

  it('is what is still missing', () =>
    expect(describeMove(two, heldBy({ 'aggregator-0': [0, 1, 2] }))).to.contain(
      'partition 3 has no replica, expected 1',
    ));

  it('is each step while it happens', () => {
    expect(describeStep({ kind: 'begun', what: 'start aggregator-3' })).to.equal('start aggregator-3 …');
    expect(describeStep({ kind: 'ended', what: 'start aggregator-3', ms: 3_140 })).to.equal(
      'start aggregator-3: done after 3.1 s',
    );
  });

  it('is how long it took, and what took longest', () => {
    const steps = [1_000, 3_140, 20].map((ms, index) => ({ kind: 'ended' as const, what: `step ${index}`, ms }));
    expect(describeTime(4_200, steps)).to.equal('Done in 4.2 s; the slowest step: step 1 (3.1 s)');
    expect(describeTime(1, [])).to.equal('Done: nothing was to be done');
  });
});

describe('Copies in words', () => {
  it('say how many hold each partition, where all have as many', () =>
    expect(describeCopies(two)).to.equal('4 partitions, each held by 2 of 2 aggregators'));
  it('say of one aggregator that it is one', () =>
    expect(describeCopies(heldBy({ 'aggregator-0': [0, 1, 2, 3] }))).to.equal(
      '4 partitions, each held by 1 of 1 aggregator',
    ));
});
