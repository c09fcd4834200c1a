import { expect } from 'chai';
import fc from 'fast-check';
import { documentStateOf, type Lifecycle, servedOf } from './lifecycle.ts';
import { settle, type Turn, takeTurn } from './lifecycle-turns.ts';
import { openWorld, type World } from './lifecycle-world.ts';

const reason = fc.constantFrom('leaseExpired' as const, 'logReplaced' as const);

/** What happens next. `which` selects one of the outcomes that are possible in the world. */
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

/** Returns the world after these turns. Calls `check` with the worlds before and after each turn. */
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
  it('serves a partition only after a heartbeat came back that was written after its restore and its stream', () =>
    fc.assert(
      fc.property(turns, fc.boolean(), (all, stops) => {
        const { violations } = live(stops ? [...all, stop, ...all] : all);
        expect(violations.filter(({ law }) => law === 'serves')).to.deep.equal([]);
      }),
      { numRuns: 1_000 },
    ));

  it('saves only partitions that it owns and in which no event is missing', () =>
    fc.assert(
      fc.property(turns, fc.boolean(), (all, stops) => {
        const { violations } = live(stops ? [...all, stop, ...all] : all);
        expect(violations.filter(({ law }) => law === 'saves')).to.deep.equal([]);
      }),
      { numRuns: 1_000 },
    ));

  it('never restores a partition again that is served and misses no event', () =>
    fc.assert(
      fc.property(turns, (all) => {
        expect(live(all).violations.filter(({ law }) => law === 'restores')).to.deep.equal([]);
      }),
      { numRuns: 1_000 },
    ));

  it('serves all the partitions that it must have, once faults stop', () =>
    fc.assert(
      fc.property(turns, (all) => {
        const settled = settle(live(all));
        expect(phaseOf(settled)).to.equal('serving');
        expect([...servedOf(settled.lifecycle)].sort()).to.deep.equal([...settled.wanted].sort());
        expect([...settled.tableServed].sort()).to.deep.equal([...settled.wanted].sort());
      }),
      { numRuns: 2_000 },
    ));

  it('serves all its partitions until its hand-over is complete', () =>
    fc.assert(
      fc.property(turns, turns, (before, after) => {
        live([...before, stop, ...after], (former, next) => {
          if (phaseOf(former) !== 'leaving' || former.handedOver) return;
          expect(next.tableServed).to.include.members([...former.tableServed]);
        });
      }),
      { numRuns: 500 },
    ));

  it('leaves in the end after a stop, whatever happens meanwhile', () =>
    fc.assert(
      fc.property(turns, turns, (before, after) => {
        const left = settle(live([...before, stop, ...after]));
        expect([phaseOf(left), documentStateOf(left.lifecycle), left.left]).to.deep.equal(['leaving', 'leaving', 1]);
      }),
      { numRuns: 500 },
    ));

  it('joins as a new member, without the states of the lost membership', () =>
    fc.assert(
      fc.property(turns, reason, (all, why) => {
        const lost = takeTurn(live(all), { kind: 'expire', reason: why });
        expect([phaseOf(lost), lost.tableServed]).to.deep.equal(['expired', []]);
        const again = settle(lost);
        expect([phaseOf(again), again.memberships]).to.deep.equal(['serving', lost.memberships + 1]);
      }),
      { numRuns: 500 },
    ));

  it('reaches every phase and every recovery mode in these tests', () => {
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
