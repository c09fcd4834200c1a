import type { Command, Decision, Entity, State } from '@muster/model';
import type { LogId } from '@muster/store';

/** A command on one thing, with its deadline (monotonic clock, milliseconds). */
export type Request = { entity: Entity; id: string; command: Command; requestId: string; deadlineAt: number };

/** A request bound to the log that its state is read from. Its event can be appended to no other log. */
export type Bound = Request & { logId: LogId | undefined };

/** Why a command was refused: a reason of the engine, or one that the entity declares. */
export type Refusal = Extract<Decision, { kind: 'refused' | 'declared' }>;

/**
 * The outcome of a command. `unavailable` says whether the event may be in the log. `notWritten`: it is not and never
 * will be. `unknown`: it may be, at `version`.
 */
export type Outcome =
  | { kind: 'done'; state: State }
  | { kind: 'refused'; refusal: Refusal; state: State }
  | { kind: 'parked'; state: State; problem: string }
  | { kind: 'unavailable'; written: 'notWritten' | 'unknown'; why: string; version: number | undefined };

/** The command is not in the log and never will be. */
export const notWritten = (why: string): Outcome => ({
  kind: 'unavailable',
  written: 'notWritten',
  why,
  version: undefined,
});

/** Returns the time until a request's deadline in milliseconds. It is 0 or negative after the deadline. */
export const leftMs = ({ deadlineAt }: Request): number => deadlineAt - performance.now();
