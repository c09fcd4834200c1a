import { pause } from '@muster/runtime';
import type { Arena } from './arena.ts';
import { type Figures, readFigures } from './observe.ts';

/**
 * After the load has stopped: which gateways are still at work on a request, or do not say. Waits for them up to
 * `withinMs` milliseconds.
 */
export const checkInFlight = async (
  { test, happened }: Pick<Arena, 'test' | 'happened'>,
  withinMs = 10_000,
): Promise<string[]> => {
  const gateways = [...test.system.processes.keys()].filter((name) => name.startsWith('gateway'));
  for (const untilMs = performance.now() + withinMs; ; await pause(50)) {
    const problems = findInFlight(gateways, await readFigures({ test, happened }));
    if (problems.length === 0 || performance.now() > untilMs) return problems;
  }
};

/**
 * Which of these gateways have a request at work by their figures, each in a sentence: nobody asks anything, so its
 * place was not given back. Pure.
 */
export const findInFlight = (gateways: readonly string[], figures: ReadonlyMap<string, Figures>): string[] =>
  gateways.flatMap((name) => {
    const number = inFlightOf(name, figures);
    if (number === 0) return [];
    return number === undefined
      ? [`${name} does not say on how many requests it is at work`]
      : [`${name} is at work on ${number} requests though nobody asks anything: their places were not given back`];
  });

/** The figures are by `name pid`; undefined where there are none of this gateway. */
const inFlightOf = (name: string, figures: ReadonlyMap<string, Figures>): number | undefined => {
  const own = [...figures].filter(([key]) => key.startsWith(`${name} `)).flatMap(([, one]) => [...one]);
  return own.find(([key]) => key === metric || key.startsWith(`${metric}{`))?.[1];
};

const metric = 'muster_requests_in_flight';
