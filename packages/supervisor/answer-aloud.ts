import { answerChange, type Place } from './answer-change.ts';
import type { Changed, Step } from './change-system.ts';
import { describeChanged, describeRequest } from './describe-change.ts';
import type { ChangeRequest } from './parse-change.ts';
import type { System } from './system.ts';

/** Carries out a change as answerChange does, and says what was asked and how it ended. `onStep` hears of each step. */
export const answerAloud = async (
  system: System,
  request: ChangeRequest,
  place: Place,
  say: (text: string) => void,
  onStep: (step: Step) => void,
): Promise<Changed> => {
  say(`Asked to ${describeRequest(request)}`);
  const changed = await answerChange(system, request, place, onStep);
  say(describeChanged(changed));
  return changed;
};
