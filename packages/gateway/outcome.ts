import type { Command, Decision, Entity, State } from '@muster/model';
import type { LogId } from '@muster/store';

/** What is asked of one thing, and until when (on the monotonic clock, milliseconds). */
export type Request = { entity: Entity; id: string; command: Command; requestId: string; deadlineAt: number };

/** A request bound to the log that its state is read from: what is decided on it goes into no other log. */
export type Bound = Request & { logId: LogId | undefined };

/** Why a command was refused: a reason of the engine's, or one that the entity declares. */
export type Refusal = Extract<Decision, { kind: 'refused' | 'declared' }>;

/**
 * What a command led to. `unavailable` says whether the write can still be in the log: `notWritten` never will be,
 * `unknown` may be, as that version.
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

/** The time that a request has left, in milliseconds; none is left from 0 down. */
export const leftMs = ({ deadlineAt }: Request): number => deadlineAt - performance.now();
