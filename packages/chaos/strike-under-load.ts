import type { Arena } from './arena.ts';
import { describeFault } from './fault.ts';
import type { Strike } from './judge.ts';
import { forgetReturned, type Load, startLoad, stopLoad, untilAnswered } from './load.ts';
import type { Round } from './plan.ts';
import { untilWhole } from './recover.ts';
import { strikeAll } from './strike-all.ts';

/** The clients of a round, and how long a Muster may take until it is whole again, in milliseconds. */
export type LoadOptions = { copies: number; sessions: number; pauseMs: number; recoverWithinMs: number };

/** What clients did while faults struck, and what did not come back after them. */
export type UnderLoad = { load: Load; strikes: Strike[]; recoveryMs: number | undefined; violations: string[] };

// a few of a hundred break off
const requests = { sets: 0.02, abortEveryMs: 100 };

/**
 * Starts a load, lets the faults strike, waits until the Muster is whole and answers, and stops the load. What must
 * hold and does not is a violation; throws only when no load comes to run.
 */
export const strikeUnderLoad = async (arena: Arena, round: Round, options: LoadOptions): Promise<UnderLoad> => {
  const { seed, faults } = round;
  const load = await startLoad(arena.test.urls, { ...options, ...requests, seed, hot: 10 + (seed % 41) });
  arena.onGatewayGone = () => forgetReturned(load);
  try {
    await untilAnswered(load, 100, 30_000);
    const strikes = await strikeAll(arena, faults, options.copies);
    const recovered = await untilWhole(arena, options.copies, options.recoverWithinMs);
    const silence = await untilAnswered(load, 200, 30_000).then(
      () => [],
      (error) => [`After the faults: ${error.message}`],
    );
    const violations = [...lackingAfter(recovered, options), ...silence, ...problemsOf(strikes)];
    return { load, strikes, recoveryMs: 'ms' in recovered ? recovered.ms : undefined, violations };
  } finally {
    await stopLoad(load);
    arena.onGatewayGone = () => undefined;
  }
};

const lackingAfter = (recovered: Awaited<ReturnType<typeof untilWhole>>, { recoverWithinMs }: LoadOptions): string[] =>
  'lacking' in recovered
    ? [`Not whole ${recoverWithinMs} ms after the last fault: ${recovered.lacking.join('; ')}`]
    : [];

const problemsOf = (strikes: readonly Strike[]): string[] =>
  strikes.flatMap(({ fault, problem }) => (problem ? [`${describeFault(fault)}: ${problem}`] : []));
