import { type Command, type Decision, decide, type Entity, hasPassed, type State, staysGone } from '@muster/model';
import type { ChainAppended, Loaded } from '@muster/store';
import { notWritten, type OwnOutcome } from './outcome.ts';

/**
 * A state to decide on. `fresh`: the read of the log began after the requests arrived. Only such a state may be the
 * reason to append nothing.
 */
export type Known = Loaded & { fresh: boolean };

/** The event that a command results in, the state after it, and its time. */
export type Decided = Extract<Decision, { kind: 'event' }> & { at: Date };

/** A command that is to be decided. It gets one outcome, or the error that its entity's code throws. */
export type Deciding = { command: Command; settle: (outcome: OwnOutcome) => void; fail: (error: unknown) => void };

/**
 * The effects of the loop:
 * - `isLate`: the deadline of a command has passed.
 * - `nowFor`: the time of an event on a state.
 * - `append`: appends the events that these commands resulted in, in order, after this state.
 * - `isNewest`: whether the log has nothing newer than this state. The read begins after the call.
 * - `readAgain`: reads the state in the log.
 */
export type Steps<One extends Deciding> = {
  isLate: (one: One) => boolean;
  nowFor: (state: State) => Date;
  append: (state: State, chain: readonly { one: One; decided: Decided }[]) => Promise<ChainAppended>;
  isNewest: (state: State) => Promise<boolean>;
  readAgain: (state: State) => Promise<Loaded>;
};

const conflictsMax = 100;

/** A command with its decision, and the state on which it was decided. */
type Step<One> = { one: One; decision: Decision | Decided; before: State; version: number };

/**
 * Decides commands on one stream, each on the result of the one before, and appends their events together. After a
 * conflict, the commands that were not appended are decided again on the newer state. A command that appends nothing is
 * answered only if its state was the newest one. Settles each command. Returns the last state, or undefined if it is
 * not known. Throws the errors of the steps; then the other commands are not settled, and none of their events is
 * appended.
 */
export const decideAndAppend = async <One extends Deciding>(
  entity: Entity,
  commands: readonly One[],
  first: Known,
  steps: Steps<One>,
): Promise<State | undefined> => {
  let known = first;
  let todo = commands;
  for (let conflicts = 0; ; ) {
    if (known.parked) return settleAll(todo, { kind: 'parked', state: known.state, problem: known.parked.problem });
    const plan = planTurn(entity, settleLate(todo, steps), known.state, steps.nowFor);
    if (plan.some(isEvent)) {
      const { stored, outcome } = await steps.append(known.state, plan.filter(isEvent).map(decidedOf));
      const rest = settleStored(plan, stored);
      const last = stateAfter(plan, stored, known.state);
      if (outcome.kind === 'appended') return last;
      if (outcome.kind === 'unknown') return settleUnknown(rest, outcome.why);
      if (outcome.kind === 'notWritten')
        rest.splice(rest.findIndex(isEvent), 1)[0]?.one.settle(notWritten(outcome.why));
      todo = rest.map(({ one }) => one);
      known = { state: last, parked: undefined, fresh: false };
      if (outcome.kind !== 'conflict') continue;
      conflicts += 1;
      if (conflicts >= conflictsMax)
        return settleAll(todo, notWritten(`somebody else was faster ${conflictsMax} times`));
    } else {
      const open = plan.filter((step) => !settleCertain(entity, step, known));
      if (open.length === 0) return known.state;
      todo = open.map(({ one }) => one);
      if (await steps.isNewest(known.state)) {
        known = { ...known, fresh: true };
        continue;
      }
    }
    known = { ...(await steps.readAgain(known.state)), fresh: true };
  }
};

/** Decides each command on the result of the one before. Pure, but for commands whose entity's code fails. */
const planTurn = <One extends Deciding>(
  entity: Entity,
  commands: readonly One[],
  from: State,
  nowFor: (state: State) => Date,
): Step<One>[] => {
  const plan: Step<One>[] = [];
  let state = from;
  for (const one of commands) {
    const at = nowFor(state);
    try {
      const decision = decide(entity, one.command, state, at);
      const next = decision.kind === 'event' ? decision.next : state;
      plan.push({
        one,
        decision: decision.kind === 'event' ? { ...decision, at } : decision,
        before: state,
        version: next.version,
      });
      state = next;
    } catch (error) {
      one.fail(error); // EntityBroken: nothing is appended for this command
    }
  }
  return plan;
};

const isEvent = <One>({ decision }: Step<One>): boolean => decision.kind === 'event';

const decidedOf = <One>({ one, decision }: Step<One>) => ({ one, decided: decision as Decided });

/** Settles the commands whose deadline has passed, and returns the others. */
const settleLate = <One extends Deciding>(commands: readonly One[], { isLate }: Steps<One>): readonly One[] =>
  commands.filter((one) => {
    if (!isLate(one)) return true;
    one.settle(notWritten('its turn came only after its deadline'));
    return false;
  });

/**
 * Settles the commands up to the last stored event, and those after it that it shows to be decided on the newest state.
 * An append at the next version shows that the state before it was the newest. Returns the others, in order.
 */
const settleStored = <One extends Deciding>(plan: readonly Step<One>[], stored: number): Step<One>[] => {
  let events = 0;
  return plan.filter((step) => {
    if (isEvent(step)) events += 1;
    if (stored === 0 || events > stored) return true;
    step.one.settle(isEvent(step) ? { kind: 'done', state: (step.decision as Decided).next } : withoutEvent(step));
    return false;
  });
};

/** The state after this many events of a plan. */
const stateAfter = <One>(plan: readonly Step<One>[], stored: number, from: State): State => {
  const last = plan.filter(isEvent)[stored - 1];
  return last ? (last.decision as Decided).next : from;
};

/** Settles a command without an event, if that is certain. Returns whether it did. */
const settleCertain = <One extends Deciding>(entity: Entity, step: Step<One>, { fresh }: Known): boolean => {
  if (!fresh && !isCertain(entity, step)) return false;
  step.one.settle(withoutEvent(step));
  return true;
};

const withoutEvent = ({ decision, before }: Step<Deciding>): OwnOutcome =>
  decision.kind === 'unchanged' || decision.kind === 'event'
    ? { kind: 'done', state: before }
    : { kind: 'refused', refusal: decision, state: before };

// No later event changes these: a thing that exists or existed, one that was deleted, and a version that has passed. A
// thing that is gone may come back if a command can bring it back.
const isCertain = (entity: Entity, { one: { command }, decision, before }: Step<Deciding>): boolean =>
  decision.kind === 'refused' &&
  (decision.reason === 'Exists' ||
    (decision.reason === 'Deleted' && (before.status === 'deleted' || staysGone(entity))) ||
    (decision.reason === 'OtherVersion' && hasPassed(command.precondition ?? {}, before.version)));

const settleAll = (commands: readonly Deciding[], outcome: OwnOutcome): undefined => {
  for (const one of commands) one.settle(outcome);
  return undefined;
};

/** The events may be stored. A command without an event writes nothing, but its state may not be the newest. */
const settleUnknown = <One extends Deciding>(rest: readonly Step<One>[], why: string): undefined => {
  for (const step of rest)
    step.one.settle(
      isEvent(step) ? { kind: 'unavailable', written: 'unknown', why, version: step.version } : notWritten(why),
    );
  return undefined;
};
