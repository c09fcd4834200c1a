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
    /** No further round begins after it, in milliseconds. */
    lastingMs: number;
    /** Ends with the first round in which a law did not hold. */
    stop?: boolean;
    /** Of all programs. */
    environment?: Record<string, string>;
    /** Instead of the planned lives, over and over. */
    life?: Life;
  };

export type Campaign = { rounds: RoundResult[]; sometimes: Sometimes; ms: number; brokenOff: boolean };

/**
 * Goes through the schedule life by life, each on a Muster of its own, until the time is over or `signal` aborts. A
 * round that breaks a law ends its life, so that the next ones are not blamed for it.
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
    options.say(`round ${round.number}: ${tellResult(result)}`);
    if (result.violations.length > 0) break;
  }
  if (!signal.aborted) await stopObserving(arena, observed);
  observed.stop.abort();
  campaign.sometimes = addSometimes(campaign.sometimes, sometimesOfLife(observed, arena.passed));
};

/** The faults of a round in a few words. Pure. */
export const describeRound = ({ faults }: Round): string =>
  faults.map(({ atMs, fault }) => `${atMs > 0 ? `+${atMs} ms ` : ''}${describeFault(fault)}`).join(' · ');

const tellResult = ({ violations, invalid, outcomes, recoveryMs, strikes, longest, ms }: RoundResult): string => {
  const impossible = strikes.flatMap(({ fault, impossible: why }) => (why ? [`skipped ${fault.kind}: ${why}`] : []));
  const verdict =
    violations.length > 0
      ? `${violations.length} VIOLATIONS, the first: ${violations[0]?.slice(0, 400)}`
      : invalid
        ? `invalid: ${invalid}`
        : 'all holds';
  const longestMs = Math.round(Math.max(0, ...longest.map((one) => one.ms)));
  return [
    verdict,
    `${outcomes.ok} ok, ${outcomes.unknown} unknown, longest ${longestMs} ms, ` +
      `whole after ${Math.round(recoveryMs ?? -1)} ms, ${Math.round(ms / 1_000)} s`,
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
  violations: [`The round could not be ended: ${error instanceof Error ? error.stack : String(error)}`],
});
