import { answerChange, type Place } from './answer-change.ts';
import type { Changed, Step } from './change-system.ts';
import { describeChanged, describeRequest } from './describe-change.ts';
import type { ChangeRequest } from './parse-change.ts';
import type { System } from './system.ts';

/** Does a change like `answerChange`, and prints the request and the outcome. Calls `onStep` for each step. */
export const answerAloud = async (
  system: System,
  request: ChangeRequest,
  place: Place,
  say: (text: string) => void,
  onStep: (step: Step) => void,
): Promise<Changed> => {
  say(`Requested: ${describeRequest(request)}`);
  const changed = await answerChange(system, request, place, onStep);
  say(describeChanged(changed));
  return changed;
};
