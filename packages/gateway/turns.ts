import type { State } from '@muster/model';
import type { Deciding } from './decide-and-append.ts';
import type { Bound } from './outcome.ts';

/** A command that waits for its outcome. */
export type Task = Deciding & { request: Bound };

/** By stream: the commands that wait while others are decided and appended. A plain value, changed only here. */
export type Turns = Map<string, Turn>;

type Turn = { waiting: Task[]; begunAt: number };

export const openTurns = (): Turns => new Map();

/**
 * Decides and appends some commands on one stream, and settles each of them. `former` is the state that the turn before
 * left. Returns the state that this turn leaves, or undefined if it is not known. Never rejects.
 */
export type RunTurn = (tasks: Task[], former: State | undefined) => Promise<State | undefined>;

const tasksMax = 100; // in one turn

/**
 * Runs this task in the next turn of its stream: at once if no turn is running, otherwise together with all others that
 * wait then. Returns false, and does nothing, if `waitingMax` tasks wait already.
 */
export const takeTurn = (turns: Turns, key: string, waitingMax: number, task: Task, run: RunTurn): boolean => {
  const running = turns.get(key);
  if (running) return running.waiting.length < waitingMax && running.waiting.push(task) > 0;
  const turn: Turn = { waiting: [task], begunAt: 0 };
  turns.set(key, turn);
  void runTurns(turns, key, turn, run);
  return true;
};

const runTurns = async (turns: Turns, key: string, turn: Turn, run: RunTurn) => {
  let former: State | undefined;
  while (turn.waiting.length > 0 && turns.get(key) === turn) {
    turn.begunAt = performance.now();
    former = await run(turn.waiting.splice(0, tasksMax), former);
  }
  if (turns.get(key) === turn) turns.delete(key);
};

/**
 * Ends turns that have lasted longer than `turnMs` milliseconds. Each step of a turn has a deadline, so that is a bug.
 * It must not block the stream for ever: the tasks that wait run in a new turn.
 */
export const endStuckTurns = (turns: Turns, turnMs: number, runFor: (task: Task) => RunTurn): void => {
  const now = performance.now();
  for (const [key, turn] of [...turns]) {
    if (now - turn.begunAt <= turnMs) continue;
    turns.delete(key);
    for (const task of turn.waiting.splice(0)) takeTurn(turns, key, Number.POSITIVE_INFINITY, task, runFor(task));
  }
};
