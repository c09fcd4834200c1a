import { type Entity, type Rendered, renderState, type State } from '@muster/model';
import { conditionsOf, type Exchange } from './exchange.ts';
import type { Outcome } from './outcome.ts';
import { answerProblem, KnownFault } from './problem.ts';
import { setThingHeaders } from './set-thing-headers.ts';
import { firstFailed, notShown, notWritable, parked, refused } from './thing-problems.ts';

/**
 * Answers with a command's outcome. If the command was carried out, `done` answers, with the thing as clients see it.
 */
export const answerOutcome = (
  exchange: Exchange,
  entity: Entity,
  id: string,
  outcome: Outcome,
  done: (rendered: Rendered) => void,
): void => {
  if (outcome.kind === 'firstFailed') return answerProblem(exchange, firstFailed(outcome));
  if (outcome.kind === 'unavailable') return answerProblem(exchange, notWritable(entity, id, outcome));
  setThingHeaders(exchange, outcome.state.version, 'log', 0);
  switch (outcome.kind) {
    case 'done':
      return answerDone(entity, id, outcome.state, done);
    case 'refused':
      return answerProblem(exchange, refused(entity, id, outcome.refusal, outcome.state, conditionsOf(exchange)));
    case 'parked':
      exchange.headers.push('Muster-Parked', 'true');
      return answerProblem(exchange, parked(entity, id, outcome.state, outcome.problem));
  }
};

/** The event is stored by now: if the entity's `present` fails, the client must not send the command again. */
const answerDone = (entity: Entity, id: string, state: State, done: (rendered: Rendered) => void) => {
  try {
    done(renderState(entity, id, state));
  } catch (error) {
    throw new KnownFault(notShown(entity, id, state), error);
  }
};
