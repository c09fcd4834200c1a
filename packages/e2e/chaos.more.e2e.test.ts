import {
  type Arena,
  describeFault,
  type FaultKind,
  faultKinds,
  type Observed,
  observe,
  openArena,
  runRound,
  selection,
  stopObserving,
} from '@muster/chaos';
import { expect } from 'chai';

const options = {
  copies: Number(process.env.COPIES ?? 2),
  sessions: 12,
  pauseMs: 30,
  recoverWithinMs: 45_000,
  say: () => undefined,
};

describe(`A short selection of the fault campaign (seed ${selection.seed})`, function () {
  this.timeout(110_000);
  let arena: Arena;
  let observed: Observed;
  const sometimes = new Map<string, number>();
  before(async () => {
    arena = await openArena({ life: selection });
    observed = observe(arena);
  });
  after(async () => {
    observed?.stop.abort();
    await arena?.[Symbol.asyncDispose]();
  });

  for (const round of selection.rounds) {
    it(`has no violation: ${selection.names[round.number]}`, async function () {
      const isDisk = round.faults.some(({ fault }) => fault.kind === 'disk');
      if (isDisk && !arena.disk) this.skip(); // this machine does not allow mounting a small disk
      const result = await runRound(arena, observed, round, options);
      expect(result.violations.slice(0, 20)).to.deep.equal([]);
      expect(result.invalid).to.equal(undefined);
      // the oplog of a mongod cannot be small enough for this fault
      const skipped = result.strikes.filter(({ fault, impossible }) => impossible && fault.kind !== 'oplog');
      expect(skipped.map(({ fault, impossible }) => `${describeFault(fault)}: ${impossible}`)).to.deep.equal([]);
      for (const [what, times] of Object.entries(result.sometimes))
        sometimes.set(what, (sometimes.get(what) ?? 0) + times);
    });
  }

  it('has reached the code that the faults are meant for', async () => {
    await stopObserving(arena, observed);
    for (const what of ['an unknown write that had landed', 'a write answered as not written', 'a fallback read'])
      expect(sometimes.get(what), what).to.be.above(0);
    const passed = new Set(arena.passed.map(({ process, name, action }) => `${process} ${name} ${action}`));
    const wanted = [
      'aggregator-0 snapshot:after-records kill',
      'aggregator-1 snapshot:inside-records throw',
      'aggregator-2 restore:after-records kill',
      'gateway append:after-send kill',
      'gateway-1 append:after-send pause',
    ];
    expect(wanted.filter((one) => !passed.has(one))).to.deep.equal([]);
  });

  it('has every kind of fault, and at least 25 faults', () => {
    const faults = selection.rounds.flatMap(({ faults: timed }) => timed.map(({ fault }) => fault));
    const kinds = new Set<FaultKind>(faults.map(({ kind }) => kind));
    expect(faultKinds.filter((kind) => !kinds.has(kind))).to.deep.equal([]);
    expect(faults.length).to.be.at.least(25);
  });
});
