import { expect } from 'chai';
import { describeRound } from './campaign.ts';
import { faultKinds } from './fault.ts';
import { parseKinds, planLife, programOf } from './plan.ts';

const options = { seed: 7, kinds: faultKinds, longestMs: 5_000, roundsPerLife: 8 };
const lives = (seed: number) => Array.from({ length: 8 }, (_, number) => planLife({ ...options, seed }, number));

describe('The schedule of a fault campaign', () => {
  it('is the same for the same seed, and different for another seed', () => {
    expect(lives(7)).to.deep.equal(lives(7));
    expect(lives(7).flatMap(({ rounds }) => rounds.map(describeRound))).not.to.deep.equal(
      lives(8).flatMap(({ rounds }) => rounds.map(describeRound)),
    );
  });

  it('has all kinds one by one before it combines any', () => {
    const first = lives(7)
      .flatMap(({ rounds }) => rounds)
      .slice(0, faultKinds.length);
    expect(first.map(({ faults }) => faults.length)).to.deep.equal(faultKinds.map(() => 1));
    expect(new Set(first.map(({ faults }) => faults[0]?.fault.kind)).size).to.equal(faultKinds.length);
  });

  it('then combines up to three on different programs, none longer than the limit', () => {
    const rounds = [...lives(7), ...lives(8)].flatMap(({ rounds: some }) => some);
    expect(Math.max(...rounds.map(({ faults }) => faults.length))).to.be.within(2, 3);
    for (const { faults } of rounds) {
      expect(new Set(faults.map(({ fault }) => programOf(fault))).size).to.equal(faults.length);
      for (const { fault } of faults) expect(fault.ms).to.be.at.most(5_000);
    }
  });

  it('has only existing programs, and a small disk if a round fills one', () => {
    for (const { aggregators, gateways, rounds, disk } of lives(9)) {
      const names = new Set([
        'mongodb',
        'gateway',
        ...(gateways > 1 ? ['gateway-1'] : []),
        ...Array.from({ length: aggregators }, (_, n) => `aggregator-${n}`),
      ]);
      for (const { fault } of rounds.flatMap(({ faults }) => faults)) expect(names).to.include(programOf(fault));
      expect(disk).to.equal(rounds.some(({ faults }) => faults.some(({ fault }) => fault.kind === 'disk')));
    }
  });

  it('accepts the names of kinds and refuses other words', () => {
    expect(parseKinds('kill, pause')).to.deep.equal(['kill', 'pause']);
    expect(() => parseKinds('kill,flood')).to.throw('Unknown fault "flood", expected one of kill');
  });
});
