import type { Command, Decision, Entity, Reference, State } from '@muster/model';
import type { LogId } from '@muster/store';

/**
 * A command for one thing, with its deadline on the monotonic clock, in milliseconds. `isNewId`: this gateway made the
 * id, so the thing cannot exist.
 */
export type Request = {
  entity: Entity;
  id: string;
  isNewId?: boolean;
  command: Command;
  requestId: string;
  actor: string; // the name of the client's key; empty without one
  trace: string; // the client's `traceparent`; empty without one
  deadlineAt: number;
};

/** A request with the log that its state is read from. Its event goes into no other log. */
export type Bound = Request & { logId: LogId | undefined };

/** Why a command was refused: a reason of the engine, or one that the entity declares. */
export type Refusal = Extract<Decision, { kind: 'refused' | 'declared' }>;

/**
 * The result of a command. With `unavailable`, `notWritten` means that the event never enters the log, and `unknown`
 * that it may be in the log, at that version. With `firstFailed`, the command that goes first was not carried out, so
 * this one was not begun.
 */
export type Outcome = OwnOutcome | FirstFailed;

/** What failed first: a command on the thing that a reference names. */
export type FirstFailed = { kind: 'firstFailed'; reference: Reference; entity: Entity; id: string; outcome: Failed };

export type Failed = Exclude<OwnOutcome, { kind: 'done' }>;

/** The result of a command alone. */
export type OwnOutcome =
  | { kind: 'done'; state: State }
  | { kind: 'refused'; refusal: Refusal; state: State }
  | { kind: 'parked'; state: State; problem: string }
  | { kind: 'unavailable'; written: 'notWritten' | 'unknown'; why: string; version: number | undefined };

/** The event of the command never enters the log. */
export const notWritten = (why: string): Failed => ({
  kind: 'unavailable',
  written: 'notWritten',
  why,
  version: undefined,
});

/** Returns the milliseconds until the deadline of a request; 0 or less after it. */
export const leftMs = ({ deadlineAt }: Request): number => deadlineAt - performance.now();
