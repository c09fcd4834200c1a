import { partitionOf, ringFrom } from '@muster/placement';
import { expect } from 'chai';
import { findInFlight } from './check-in-flight.ts';
import { type Fault, faultKinds } from './fault.ts';
import { foldLog } from './fold-log.ts';
import type { Call } from './history.ts';
import { checkLines, checkPace, findInvalid, type Strike, waitsDuring } from './judge.ts';
import { figureOf, parseFigures } from './observe.ts';
import { describeCampaign, exitCodeOf } from './report.ts';
import type { RoundResult } from './run-round.ts';
import { noSometimes, type Sometimes, sometimesOfLife, sometimesOfRound } from './sometimes.ts';

const call = (given: Partial<Call>): Call => ({
  ...{
    session: 's',
    requestId: 'r',
    op: 'read',
    id: 'a',
    sent: undefined,
    minVersion: undefined,
    returned: 0,
    invokedAt: 0,
    completedAt: 5,
    outcome: 'ok',
  },
  ...{
    status: 200,
    version: 1,
    user: undefined,
    problem: undefined,
    source: 'aggregator-0',
    lagMs: 0,
    retryAfter: undefined,
    ...given,
  },
});

const fault: Fault = { kind: 'kill', target: 'aggregator-0', ms: 0 };
const strike: Strike = { fault, from: 0, to: 100, impossible: undefined, problem: undefined };
const enough = [
  ...Array.from({ length: 150 }, () => call({})),
  ...Array.from({ length: 40 }, () => call({ op: 'update' })),
];

describe('The judge of a round', () => {
  it('takes one with enough traffic', () => expect(findInvalid(enough, [strike])).to.equal(undefined));
  it('calls one with few calls, or few writes, invalid', () => {
    expect(findInvalid(enough.slice(0, 100), [strike])).to.include('100 calls');
    expect(findInvalid(enough.slice(0, 150), [strike])).to.include('0 writes');
    expect(
      findInvalid(
        enough.map((one) => ({ ...one, outcome: 'unknown' as const })),
        [strike],
      ),
    ).to.include('0 calls');
  });
  it('calls one invalid in which nobody asked anything during the fault', () =>
    expect(findInvalid(enough, [{ ...strike, from: 50, to: 60 }])).to.include('nobody asked'));

  const lines = (count: number, line: string) =>
    Array.from({ length: count }, () => ({ at: 0, name: 'gateway', line }));
  it('finds a process that writes too much, or opens its stream too often', () => {
    expect(checkPace(lines(100, '{"msg":"all well"}'), 20_000)).to.deep.equal([]);
    expect(checkPace(lines(1_000, '{"msg":"so much"}'), 20_000)[0]).to.include('1000 × so much');
    expect(checkPace(lines(30, '{"msg":"The change stream broke: again"}'), 20_000)[0]).to.include(
      'opened its change stream 90 times',
    );
  });
  it('finds what no process may say', () => {
    expect(checkLines(lines(1, 'repaired; please report how this process was started'))).to.have.lengthOf(1);
    expect(checkLines(lines(1, '{"msg":"Listening"}'))).to.deep.equal([]);
  });
  it('finds a gateway that is at work though nobody asks, and one that does not say', () => {
    const figuresOf = (number: number) => parseFigures(`muster_requests_in_flight{process="x"} ${number}\n`);
    const find = (...pairs: [key: string, number: number][]) =>
      findInFlight(['gateway', 'gateway-1'], new Map(pairs.map(([key, number]) => [key, figuresOf(number)])));
    expect(find(['gateway 7', 0], ['gateway-1 8', 0], ['aggregator-0 9', 0])).to.deep.equal([]);
    expect(find(['gateway 7', 0], ['gateway-1 8', 2])).to.have.lengthOf(1);
    expect(find(['gateway 7', 0], ['gateway-1 8', 2])[0]).to.include('gateway-1 is at work on 2 requests');
    expect(find(['gateway 7', 0])[0]).to.include('gateway-1 does not say');
  });
  it('measures the longest answer during a fault, and counts who got none', () => {
    const calls = [
      call({ completedAt: 90 }),
      call({ invokedAt: 99, completedAt: 250 }),
      call({ invokedAt: 200, completedAt: 900 }),
      call({ status: undefined }),
    ];
    expect(waitsDuring(calls, strike)).to.deep.equal({ ms: 151, answered: 2, late: 0, unanswered: 1 });
  });
});

describe('What must happen now and then', () => {
  const folded = foldLog([
    {
      _id: '1',
      entity: 'user',
      entityId: 'a',
      version: 1,
      partition: 0,
      type: 'UserCreated',
      data: {},
      at: new Date(0),
      meta: { requestId: 'landed' },
    },
  ]);
  const serving = ['aggregator-0', 'aggregator-1'];
  const members = [0, 1_000].map((at) => ({ at, serving }));

  it('is counted from a history', () => {
    const calls = [
      call({ op: 'create', requestId: 'landed', outcome: 'unknown' }),
      call({ op: 'create', requestId: 'lost', outcome: 'unknown' }),
      call({ source: 'database' }),
      call({ source: ringFrom(serving, partitionOf('user', 'a', 32))[1] }),
    ];
    const counted = sometimesOfRound(folded, { calls, sets: [], aborted: 3 }, [], members);
    expect(counted['an unknown write that had landed']).to.equal(1);
    expect(counted['an unknown write that had not']).to.equal(1);
    expect(counted['a fallback read']).to.equal(1);
    expect(counted['a standby read']).to.equal(1);
    expect(counted['an upload that broke off']).to.equal(3);
  });

  it('is counted from figures and failpoints', () => {
    const text = 'muster_appends_total{outcome="appended",process="gateway"} 12\nmuster_holes_total{process="x"} 2\n';
    const observed = { figures: new Map([['gateway 1', parseFigures(text)]]) };
    expect(figureOf(observed, 'muster_appends_total', 'appended')).to.equal(12);
    const passed = [
      { kind: 'failpoint', name: 'snapshot:after-records', action: 'kill', process: 'aggregator-0', at: 0 },
      { kind: 'failpoint', name: 'append:together', action: 'noticed', process: 'gateway', at: 0 },
    ] as const;
    const counted = sometimesOfLife(observed, [...passed]);
    expect(counted['a group commit of more than one']).to.equal(1);
    expect(counted['a hole repaired']).to.equal(2);
    expect(counted['a crash between records and checkpoint']).to.equal(1);
  });
});

describe('The report of a campaign', () => {
  const round = (given: Partial<RoundResult>): RoundResult => ({
    ...{
      round: { number: 3, seed: 1, faults: [{ atMs: 0, fault }] },
      strikes: [strike],
      violations: [],
      invalid: undefined,
      calls: { read: 9 },
    },
    ...{
      outcomes: { ok: 9, refused: 0, notWritten: 0, unknown: 0 },
      longest: [{ strike, ms: 42, answered: 9, late: 0, unanswered: 0 }],
      recoveryMs: 80,
      reopened: 1,
      ms: 60_000,
    },
    ...{ sometimes: noSometimes(), ...given },
  });
  const report = (...rounds: RoundResult[]) =>
    describeCampaign({
      versions: [],
      seed: 7,
      kinds: ['kill'],
      replay: 'npm run chaos -- --seed 7',
      campaign: { rounds, sometimes: noSometimes(), ms: 60_000, brokenOff: false },
    });

  it('ends with 0, with 1 where a law was broken, with 3 where too little was seen', () => {
    const codeOf = (...rounds: RoundResult[]) => exitCodeOf({ rounds, sometimes: noSometimes() });
    expect(codeOf(round({}))).to.equal(0);
    expect(codeOf(round({ invalid: 'no traffic' }))).to.equal(3);
    expect(codeOf(round({ invalid: 'no traffic' }), round({ violations: ['lost'] }))).to.equal(1);
    expect(codeOf()).to.equal(3);
  });

  it('ends with 3 where a long campaign of all faults never came to what must happen now and then', () => {
    const all = faultKinds.map((kind) => ({ ...strike, fault: { ...fault, kind } as Fault }));
    const rounds = Array.from({ length: 60 }, () => round({ strikes: all }));
    const each = Object.fromEntries(Object.keys(noSometimes()).map((name) => [name, 1])) as Sometimes;
    expect(exitCodeOf({ rounds, sometimes: each })).to.equal(0);
    expect(exitCodeOf({ rounds, sometimes: { ...each, 'a hole repaired': 0 } })).to.equal(3);
    expect(exitCodeOf({ rounds: rounds.slice(1), sometimes: noSometimes() })).to.equal(0);
  });

  it('tells each violation with its round and how to see it again', () => {
    const text = report(round({ violations: ['r1 is not in the log'] }));
    expect(text)
      .to.include('- round 3 (kill aggregator-0 0 ms): r1 is not in the log')
      .and.to.include('Replay: `npm run chaos -- --seed 7`');
    expect(report(round({})))
      .to.include('Every law held')
      .and.to.include('| kill | aggregator | 1 | 42 | 42 | 9 | 0 | 0 |');
  });
});
