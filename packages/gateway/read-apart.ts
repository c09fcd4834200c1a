import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { busy, notReadable } from './past-problems.ts';
import { inPlace, type Places } from './places.ts';
import { answerProblem } from './problem.ts';
import { whyFailed } from './why-failed.ts';

/**
 * Reads the past in one of these places, apart from all other reads. `what` completes the message "Cannot …". Returns
 * undefined when it has answered itself: with 503 if no place gets free, or if the database does not answer in time.
 */
export const readApart = async <Result extends object>(
  gateway: Pick<Gateway, 'database' | 'failures' | 'logger' | 'metrics'>,
  exchange: Exchange,
  { places, deadlineMs, what }: { places: Places; deadlineMs: number; what: string },
  work: (leftMs: () => number) => Promise<Result>,
): Promise<Result | undefined> => {
  const { database, metrics } = gateway;
  try {
    if (!database.reachable) throw new Error('the database does not answer');
    const result = await inPlace(places, deadlineMs, work);
    if (result) return result;
    metrics.refused.inc({ reason: 'past' });
    answerProblem(exchange, busy(what));
  } catch (error) {
    answerProblem(exchange, notReadable(what, whyFailed(gateway, error)));
  }
  return undefined;
};
