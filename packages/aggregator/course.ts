import type { Lifecycle } from './lifecycle.ts';
import { beginLifecycle } from './step.ts';

/**
 * The lifecycle as it is now, and the work that is under way for it. Only the functions of this file change it. The
 * signals end that work. The one of the membership ends all of it.
 */
export type Course = {
  readonly lifecycle: Lifecycle;
  readonly membership: AbortController;
  readonly stream: AbortController;
  readonly restore: AbortController;
  readonly following: Promise<void>; // ends with the change stream that was ordered last
  readonly work: ReadonlySet<Promise<void>>; // what must end before the membership has ended
  readonly left: AbortController; // aborts when this aggregator has left
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

/** A membership begins: its work is not ended by what ended that of a former one. */
export const beginWork = (course: Course): void => {
  changing(course).membership = new AbortController();
};

/** Calls off a stream that is followed. Returns the signal of the next one. */
export const nextStream = (course: Course): AbortSignal => {
  course.stream.abort();
  changing(course).stream = new AbortController();
  return AbortSignal.any([course.membership.signal, course.stream.signal]);
};

/** Calls off a restore that is under way. Returns the signal of the next one. */
export const nextRestore = (course: Course): AbortSignal => {
  course.restore.abort();
  changing(course).restore = new AbortController();
  return AbortSignal.any([course.membership.signal, course.restore.signal]);
};

/** Notes work that never throws until it has ended. Returns it. */
export const trackWork = (course: Course, work: Promise<void>): Promise<void> => {
  const tracked = course.work as Set<Promise<void>>;
  const ended = work.finally(() => tracked.delete(ended));
  tracked.add(ended);
  return ended;
};

/** The change stream that was ordered last is followed until this has ended. */
export const noteFollowing = (course: Course, following: Promise<void>): void => {
  changing(course).following = following;
};
