import { type Command, type Decision, decide, type Entity, type State } from '@muster/model';
import type { Loaded } from '@muster/store';
import { notWritten, type Outcome } from './outcome.ts';

/**
 * A state to decide on. `fresh`: the read of the log began after the request arrived. Only such a state may be the
 * reason to append nothing.
 */
export type Known = Loaded & { fresh: boolean };

/** The event that a command results in, the state after it, and its time. */
export type Decided = Extract<Decision, { kind: 'event' }> & { at: Date };

/**
 * The effects of the loop. `append` returns `conflict` when another event has that version. `nowFor` returns the time
 * of an event on that state.
 */
export type Steps = {
  nowFor: (state: State) => Date;
  append: (state: State, decided: Decided) => Promise<Outcome | 'conflict'>;
  readAgain: (state: State) => Promise<Loaded>;
};

const attemptsMax = 100; // decisions on one command, each followed by a conflict

/**
 * Decides a command and appends its event. After each conflict it decides again on the newer state. A command that
 * appends nothing is answered only on a fresh state. Throws EntityBroken and the errors of the steps.
 */
export const decideAndAppend = async (
  entity: Entity,
  command: Command,
  first: Known,
  steps: Steps,
): Promise<Outcome> => {
  let known = first;
  for (let attempts = 0; attempts < attemptsMax; ) {
    if (known.parked) return { kind: 'parked', state: known.state, problem: known.parked.problem };
    const at = steps.nowFor(known.state);
    const decision = decide(entity, command, known.state, at);
    const settled = known.fresh || isCertain(decision);
    if (decision.kind === 'event') {
      const outcome = await steps.append(known.state, { ...decision, at });
      if (outcome !== 'conflict') return outcome;
      attempts += 1;
    } else if (settled) return withoutEvent(decision, known.state);
    known = { ...(await steps.readAgain(known.state)), fresh: true };
  }
  return notWritten(`somebody else was faster ${attemptsMax} times`);
};

const withoutEvent = (decision: Exclude<Decision, { kind: 'event' }>, state: State): Outcome =>
  decision.kind === 'unchanged' ? { kind: 'done', state } : { kind: 'refused', refusal: decision, state };

// if a thing exists or existed, no later event changes that
const isCertain = (decision: Decision) => decision.kind === 'refused' && decision.reason === 'Exists';
