import { expect } from 'chai';
import fc from 'fast-check';
import { documentStateOf, type Lifecycle, servedOf } from './lifecycle.ts';
import { settle, type Turn, takeTurn } from './lifecycle-turns.ts';
import { openWorld, type World } from './lifecycle-world.ts';

const reason = fc.constantFrom('leaseExpired' as const, 'logReplaced' as const);

/** What happens next: something that the world chooses among what is possible, by this number, or a fault. */
const turn: fc.Arbitrary<Turn> = fc.oneof(
  { weight: 24, arbitrary: fc.record({ kind: fc.constant('work' as const), which: fc.nat() }) },
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('heartbeat' as const), which: fc.nat() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('fault' as const), which: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('stale' as const), which: fc.nat(), order: fc.nat(20) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('members' as const),
      wanted: fc.subarray([0, 1, 2, 3]),
      surplus: fc.subarray([0, 1, 2, 3]),
      first: fc.subarray([0, 1, 2, 3]),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('save' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), reason }) },
);
const turns = fc.array(turn, { maxLength: 120, size: 'max' });
const stop: Turn = { kind: 'stop' };

/** The world after these turns; `check` sees every step of it. */
const live = (all: readonly Turn[], check: (before: World, after: World) => void = () => undefined): World => {
  let world = openWorld();
  for (const one of all) {
    const before = world;
    world = takeTurn(before, one);
    check(before, world);
  }
  return world;
};

const phaseOf = ({ lifecycle }: { lifecycle: Lifecycle }) => lifecycle.phase;

describe('The lifecycle of an aggregator', () => {
  it('never serves what is not in memory up to a heartbeat written after its restore and its stream', () =>
    fc.assert(
      fc.property(turns, fc.boolean(), (all, stops) => {
        const { violations } = live(stops ? [...all, stop, ...all] : all);
        expect(violations.filter(({ law }) => law === 'serves')).to.deep.equal([]);
      }),
      { numRuns: 1_000 },
    ));

  it('never saves a partition that it does not own, or in which something may be missing', () =>
    fc.assert(
      fc.property(turns, fc.boolean(), (all, stops) => {
        const { violations } = live(stops ? [...all, stop, ...all] : all);
        expect(violations.filter(({ law }) => law === 'saves')).to.deep.equal([]);
      }),
      { numRuns: 1_000 },
    ));

  it('never restores again what is in service and misses nothing', () =>
    fc.assert(
      fc.property(turns, (all) => {
        expect(live(all).violations.filter(({ law }) => law === 'restores')).to.deep.equal([]);
      }),
      { numRuns: 1_000 },
    ));

  it('reaches serving, with all that it is to hold, when faults stop', () =>
    fc.assert(
      fc.property(turns, (all) => {
        const settled = settle(live(all));
        expect(phaseOf(settled)).to.equal('serving');
        expect([...servedOf(settled.lifecycle)].sort()).to.deep.equal([...settled.wanted].sort());
        expect([...settled.tableServed].sort()).to.deep.equal([...settled.wanted].sort());
      }),
      { numRuns: 2_000 },
    ));

  it('serves no less while it leaves, until it has handed over', () =>
    fc.assert(
      fc.property(turns, turns, (before, after) => {
        live([...before, stop, ...after], (former, next) => {
          if (phaseOf(former) !== 'leaving' || former.handedOver) return;
          expect(next.tableServed).to.include.members([...former.tableServed]);
        });
      }),
      { numRuns: 500 },
    ));

  it('leaves in the end once it was asked to, whatever happens meanwhile', () =>
    fc.assert(
      fc.property(turns, turns, (before, after) => {
        const left = settle(live([...before, stop, ...after]));
        expect([phaseOf(left), documentStateOf(left.lifecycle), left.left]).to.deep.equal(['leaving', 'leaving', 1]);
      }),
      { numRuns: 500 },
    ));

  it('begins again, as a new member, with nothing of a membership that it lost', () =>
    fc.assert(
      fc.property(turns, reason, (all, why) => {
        const lost = takeTurn(live(all), { kind: 'expire', reason: why });
        expect([phaseOf(lost), lost.tableServed]).to.deep.equal(['expired', []]);
        const again = settle(lost);
        expect([phaseOf(again), again.memberships]).to.deep.equal(['serving', lost.memberships + 1]);
      }),
      { numRuns: 500 },
    ));

  it('comes through every phase and every mode in these tests', () => {
    const seen = new Set<string>();
    for (const all of fc.sample(turns, { seed: 1, numRuns: 500 }))
      live([...all, stop, ...all], (_, { lifecycle, jobs }) => {
        seen.add(lifecycle.phase);
        for (const job of jobs) seen.add(job.kind === 'restore' ? job.mode : job.kind);
      });
    const phases = ['joining', 'resuming', 'rescanning', 'rebalancing', 'serving', 'leaving', 'expired'];
    const work = ['join', 'open', 'resume', 'rescan', 'rebalance', 'handOver', 'end'];
    expect([...seen]).to.have.members([...phases, ...work]);
  });
});
