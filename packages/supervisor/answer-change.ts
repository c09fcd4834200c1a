import { awaitCopies } from './await-copies.ts';
import { type Changed, type ChangeOptions, type Step, usualReadyMs } from './change-system.ts';
import type { CopiesRule } from './judge-copies.ts';
import type { ChangeRequest } from './parse-change.ts';
import { restartRolling } from './restart-rolling.ts';
import { scaleSystem } from './scale-system.ts';
import { mongodbUriOf, type System } from './system.ts';

/** What is needed to wait for copies: the database, the rule for copies, and the signal that cancels the wait. */
export type Place = { database: string; rule: CopiesRule; signal: AbortSignal };

/** Does a requested change. Before an aggregator stops, it waits until all copies are complete. Returns the outcome. */
export const answerChange = (
  system: System,
  request: ChangeRequest,
  { database, rule, signal }: Place,
  onStep: (step: Step) => void,
): Promise<Changed> => {
  const { withinMs = usualReadyMs } = request;
  const options: ChangeOptions = {
    readyWithinMs: withinMs,
    signal,
    onStep,
    awaitCopies: (names, wholeness) =>
      awaitCopies({ uri: mongodbUriOf(system), database }, rule, names, wholeness, withinMs, signal),
  };
  return request.kind === 'scale' ? scaleSystem(system, request, options) : restartRolling(system, request, options);
};
