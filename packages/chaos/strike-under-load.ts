import type { Arena } from './arena.ts';
import { describeFault } from './fault.ts';
import type { Strike } from './judge.ts';
import { forgetReturned, type Load, startLoad, stopLoad, untilAnswered } from './load.ts';
import type { Round } from './plan.ts';
import { untilWhole } from './recover.ts';
import { strikeAll } from './strike-all.ts';

/** The clients of a round. `recoverWithinMs`: how long the Muster may take to recover after the last fault. */
export type LoadOptions = { copies: number; sessions: number; pauseMs: number; recoverWithinMs: number };

/**
 * What the clients did during the faults, and what did not recover. `recoveryMs` is undefined if it did not recover.
 */
export type UnderLoad = { load: Load; strikes: Strike[]; recoveryMs: number | undefined; violations: string[] };

// the shares of requests about all users or the past of one, and of those on bank accounts; the times between two
// aborted uploads, and between two bursts
const requests = { sets: 0.04, accounts: 0.25, abortEveryMs: 100, burstEveryMs: 500 };

/**
 * Starts a load, makes the faults happen, waits until the Muster has recovered and answers, and stops the load. A
 * failed recovery is returned as a violation. Throws only when the load does not start.
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
    ? [`Not recovered ${recoverWithinMs} ms after the last fault: ${recovered.lacking.join('; ')}`]
    : [];

const problemsOf = (strikes: readonly Strike[]): string[] =>
  strikes.flatMap(({ fault, problem }) => (problem ? [`${describeFault(fault)}: ${problem}`] : []));
