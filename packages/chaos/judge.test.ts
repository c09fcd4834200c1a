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
    subject: 'user',
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
    shown: undefined,
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
  it('accepts a round with enough traffic', () => expect(findInvalid(enough, [strike])).to.equal(undefined));
  it('calls a round with few calls or few writes invalid', () => {
    expect(findInvalid(enough.slice(0, 100), [strike])).to.include('100 calls');
    expect(findInvalid(enough.slice(0, 150), [strike])).to.include('0 writes');
    expect(
      findInvalid(
        enough.map((one) => ({ ...one, outcome: 'unknown' as const })),
        [strike],
      ),
    ).to.include('0 calls');
  });
  it('calls a round without a call during the fault invalid', () =>
    expect(findInvalid(enough, [{ ...strike, from: 50, to: 60 }])).to.include('nobody asked'));

  const lines = (count: number, line: string) =>
    Array.from({ length: count }, () => ({ at: 0, name: 'gateway', line }));
  it('finds a process that logs too much or reopens its stream too often', () => {
    expect(checkPace(lines(100, '{"msg":"all well"}'), 20_000)).to.deep.equal([]);
    expect(checkPace(lines(1_000, '{"msg":"so much"}'), 20_000)[0]).to.include('1000 × so much');
    expect(checkPace(lines(30, '{"msg":"The change stream broke: again"}'), 20_000)[0]).to.include(
      'opened its change stream 90 times',
    );
  });
  it('finds log lines that no process may write', () => {
    expect(checkLines(lines(1, 'repaired; please report how this process was started'))).to.have.lengthOf(1);
    expect(checkLines(lines(1, '{"msg":"Listening"}'))).to.deep.equal([]);
  });
  it('finds a gateway with requests in flight after the load, and one that does not report them', () => {
    const figuresOf = (number: number) => parseFigures(`muster_requests_in_flight{process="x"} ${number}\n`);
    const find = (...pairs: [key: string, number: number][]) =>
      findInFlight(['gateway', 'gateway-1'], new Map(pairs.map(([key, number]) => [key, figuresOf(number)])));
    expect(find(['gateway 7', 0], ['gateway-1 8', 0], ['aggregator-0 9', 0])).to.deep.equal([]);
    expect(find(['gateway 7', 0], ['gateway-1 8', 2])).to.have.lengthOf(1);
    expect(find(['gateway 7', 0], ['gateway-1 8', 2])[0]).to.include('gateway-1 has 2 requests in flight');
    expect(find(['gateway 7', 0])[0]).to.include('gateway-1 does not report');
  });
  it('measures the longest answer during a fault, and counts calls without an answer', () => {
    const calls = [
      call({ completedAt: 90 }),
      call({ invokedAt: 99, completedAt: 250 }),
      call({ invokedAt: 200, completedAt: 900 }),
      call({ status: undefined }),
    ];
    expect(waitsDuring(calls, strike)).to.deep.equal({ ms: 151, answered: 2, late: 0, unanswered: 1 });
  });
});

describe('What must happen sometimes', () => {
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
    const counted = sometimesOfRound([folded], { calls, sets: [], aborted: 3 }, [], members);
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

  it('has exit code 0, 1 for a violation, or 3 if too little happened', () => {
    const codeOf = (...rounds: RoundResult[]) => exitCodeOf({ rounds, sometimes: noSometimes() });
    expect(codeOf(round({}))).to.equal(0);
    expect(codeOf(round({ invalid: 'no traffic' }))).to.equal(3);
    expect(codeOf(round({ invalid: 'no traffic' }), round({ violations: ['lost'] }))).to.equal(1);
    expect(codeOf()).to.equal(3);
  });

  it('has exit code 3 if something that must happen sometimes never happened in a long campaign', () => {
    const all = faultKinds.map((kind) => ({ ...strike, fault: { ...fault, kind } as Fault }));
    const rounds = Array.from({ length: 60 }, () => round({ strikes: all }));
    const each = Object.fromEntries(Object.keys(noSometimes()).map((name) => [name, 1])) as Sometimes;
    expect(exitCodeOf({ rounds, sometimes: each })).to.equal(0);
    expect(exitCodeOf({ rounds, sometimes: { ...each, 'a hole repaired': 0 } })).to.equal(3);
    expect(exitCodeOf({ rounds: rounds.slice(1), sometimes: noSometimes() })).to.equal(0);
  });

  it('has each violation with its round and the command that repeats it', () => {
    const text = report(round({ violations: ['r1 is not in the log'] }));
    expect(text)
      .to.include('- round 3 (kill aggregator-0 0 ms): r1 is not in the log')
      .and.to.include('Replay: `npm run chaos -- --seed 7`');
    expect(report(round({})))
      .to.include('No violation.')
      .and.to.include('| kill | aggregator | 1 | 42 | 42 | 9 | 0 | 0 |');
  });
});
