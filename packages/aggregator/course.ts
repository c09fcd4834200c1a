import type { Lifecycle } from './lifecycle.ts';
import { beginLifecycle } from './step.ts';

/**
 * The current lifecycle and the work that runs for it. Only this file changes it. The abort controllers end that work;
 * the controller of the membership ends all of it.
 */
export type Course = {
  readonly lifecycle: Lifecycle;
  readonly membership: AbortController;
  readonly stream: AbortController;
  readonly restore: AbortController;
  readonly following: Promise<void>; // resolves when the newest change stream has ended
  readonly work: ReadonlySet<Promise<void>>; // the membership ends only after all of these
  readonly left: AbortController; // aborted when this aggregator has left
};

type Mutable = { -readonly [Key in keyof Course]: Course[Key] };

const changing = (course: Course) => course as Mutable;

export const openCourse = (): Course => ({
  lifecycle: beginLifecycle().lifecycle,
  membership: new AbortController(),
  stream: new AbortController(),
  restore: new AbortController(),
  following: Promise.resolve(),
  work: new Set(),
  left: new AbortController(),
});

export const moveOn = (course: Course, lifecycle: Lifecycle): void => {
  changing(course).lifecycle = lifecycle;
};

/** Begins the work of a new membership, with an abort controller of its own. */
export const beginWork = (course: Course): void => {
  changing(course).membership = new AbortController();
};

/** Cancels the change stream that is followed now. Returns the signal for the next one. */
export const nextStream = (course: Course): AbortSignal => {
  course.stream.abort();
  changing(course).stream = new AbortController();
  return AbortSignal.any([course.membership.signal, course.stream.signal]);
};

/** Cancels the restore that runs now. Returns the signal for the next one. */
export const nextRestore = (course: Course): AbortSignal => {
  course.restore.abort();
  changing(course).restore = new AbortController();
  return AbortSignal.any([course.membership.signal, course.restore.signal]);
};

/** Keeps this work in `work` until it has ended. The work must never reject. Returns its promise. */
export const trackWork = (course: Course, work: Promise<void>): Promise<void> => {
  const tracked = course.work as Set<Promise<void>>;
  const ended = work.finally(() => tracked.delete(ended));
  tracked.add(ended);
  return ended;
};

/** Sets the promise that resolves when the newest change stream has ended. */
export const noteFollowing = (course: Course, following: Promise<void>): void => {
  changing(course).following = following;
};
