import { pause } from '@muster/runtime';
import type { Arena } from './arena.ts';
import { type Figures, readFigures } from './observe.ts';

/**
 * After the load has stopped, returns the gateways that still have requests in flight or do not report their number.
 * Waits for them up to `withinMs` milliseconds.
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
 * Returns one problem for each of these gateways that has requests in flight by its figures. No client sends requests
 * now, so the gateway did not release their places. Pure.
 */
export const findInFlight = (gateways: readonly string[], figures: ReadonlyMap<string, Figures>): string[] =>
  gateways.flatMap((name) => {
    const number = inFlightOf(name, figures);
    if (number === 0) return [];
    return number === undefined
      ? [`${name} does not report its requests in flight`]
      : [`${name} has ${number} requests in flight although no client sends any: their places were not released`];
  });

/** The number of requests in flight of a gateway, or undefined if it has no figures. The keys are `name pid`. */
const inFlightOf = (name: string, figures: ReadonlyMap<string, Figures>): number | undefined => {
  const own = [...figures].filter(([key]) => key.startsWith(`${name} `)).flatMap(([, one]) => [...one]);
  return own.find(([key]) => key === metric || key.startsWith(`${metric}{`))?.[1];
};

const metric = 'muster_requests_in_flight';
