import { aborted } from 'node:util';
import { openArena } from './arena.ts';
import { describeFault } from './fault.ts';
import { observe, stopObserving } from './observe.ts';
import { type Life, type PlanOptions, planLife, type Round } from './plan.ts';
import { untilWhole } from './recover.ts';
import { type RoundOptions, type RoundResult, runRound } from './run-round.ts';
import { addSometimes, noSometimes, type Sometimes, sometimesOfLife } from './sometimes.ts';

export type CampaignOptions = PlanOptions &
  RoundOptions & {
    /** No round begins later than this after the start, in milliseconds. */
    lastingMs: number;
    /** End after the first round with a violation. */
    stop?: boolean;
    /** Environment variables of all programs. */
    environment?: Record<string, string>;
    /** Repeat this life instead of the planned ones. */
    life?: Life;
  };

export type Campaign = { rounds: RoundResult[]; sometimes: Sometimes; ms: number; brokenOff: boolean };

/**
 * Runs the schedule life by life, each on a new Muster, until the time is over or `signal` aborts. A round with a
 * violation ends its life, so that later rounds do not report its effects.
 */
export const runCampaign = async (options: CampaignOptions, signal: AbortSignal): Promise<Campaign> => {
  const campaign: Campaign = { rounds: [], sometimes: noSometimes(), ms: 0, brokenOff: false };
  const startedAt = performance.now();
  const isFound = () => options.stop === true && campaign.rounds.some(({ violations }) => violations.length > 0);
  const isOver = () => signal.aborted || isFound() || performance.now() - startedAt > options.lastingMs;
  for (let number = 0; !isOver(); number += 1)
    await runLife(campaign, options.life ?? planLife(options, number), options, signal, isOver);
  return { ...campaign, ms: performance.now() - startedAt, brokenOff: signal.aborted };
};

const runLife = async (
  campaign: Campaign,
  life: Life,
  options: CampaignOptions,
  signal: AbortSignal,
  isOver: () => boolean,
) => {
  options.say(`life ${life.number}: ${life.aggregators} aggregators, ${life.gateways} gateways`);
  await using arena = await openArena({ life, environment: options.environment });
  const observed = observe(arena);
  await untilWhole(arena, options.copies, 30_000);
  for (const round of life.rounds) {
    if (isOver()) break;
    options.say(`round ${round.number}: ${describeRound(round)}`);
    const result = await Promise.race([
      runRound(arena, observed, round, options).catch((error) => failed(round, error)),
      aborted(signal, arena).then(() => undefined),
    ]);
    if (!result) break;
    campaign.rounds.push(result);
    campaign.sometimes = addSometimes(campaign.sometimes, result.sometimes);
    options.say(`round ${round.number}: ${describeResult(result)}`);
    if (result.violations.length > 0) break;
  }
  if (!signal.aborted) await stopObserving(arena, observed);
  observed.stop.abort();
  campaign.sometimes = addSometimes(campaign.sometimes, sometimesOfLife(observed, arena.passed));
};

/** Describes the faults of a round in one line. Pure. */
export const describeRound = ({ faults }: Round): string =>
  faults.map(({ atMs, fault }) => `${atMs > 0 ? `+${atMs} ms ` : ''}${describeFault(fault)}`).join(' · ');

const describeResult = ({ violations, invalid, outcomes, recoveryMs, strikes, longest, ms }: RoundResult): string => {
  const impossible = strikes.flatMap(({ fault, impossible: why }) => (why ? [`skipped ${fault.kind}: ${why}`] : []));
  const verdict =
    violations.length > 0
      ? `${violations.length} VIOLATIONS, the first: ${violations[0]?.slice(0, 400)}`
      : invalid
        ? `invalid: ${invalid}`
        : 'no violation';
  const longestMs = Math.round(Math.max(0, ...longest.map((one) => one.ms)));
  return [
    verdict,
    `${outcomes.ok} ok, ${outcomes.unknown} unknown, longest ${longestMs} ms, ` +
      `${recoveryMs === undefined ? 'not recovered' : `recovered after ${Math.round(recoveryMs)} ms`}, ` +
      `${Math.round(ms / 1_000)} s in all`,
    ...impossible,
  ].join('; ');
};

const failed = (round: Round, error: unknown): RoundResult => ({
  ...{
    round,
    strikes: [],
    invalid: undefined,
    calls: {},
    longest: [],
    recoveryMs: undefined,
    reopened: 0,
    ms: 0,
    sometimes: noSometimes(),
  },
  outcomes: { ok: 0, refused: 0, notWritten: 0, unknown: 0 },
  violations: [`The round ended with an error: ${error instanceof Error ? error.stack : String(error)}`],
});
