import { awaitCopies } from './await-copies.ts';
import { type Changed, type ChangeOptions, type Step, usualReadyMs } from './change-system.ts';
import type { CopiesRule } from './judge-copies.ts';
import type { ChangeRequest } from './parse-change.ts';
import { restartRolling } from './restart-rolling.ts';
import { scaleSystem } from './scale-system.ts';
import { mongodbUriOf, type System } from './system.ts';

/** What is known of the aggregators' copies beside the system itself. */
export type Place = { database: string; rule: CopiesRule; signal: AbortSignal };

/** Carries out a change that was asked for, each step of it only when all copies are held. */
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
