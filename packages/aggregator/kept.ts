// An entity with `keep` may have more things than memory has room for. A partition then has some of its states in
// memory, and counts all of them.

/**
 * What a partition knows of the things of an entity with `keep`. All code may read it. Only this file changes it; the
 * types enforce that. Times are in milliseconds.
 */
export type Kept = Counts & {
  readonly oldest: number; // when the first thing was created; Infinity without one
  readonly newest: number; // when the last one was created; -Infinity without one
  readonly since: number; // `recent` has all events from this time on; a restore does not count earlier ones
  readonly recent: ReadonlyMap<number, Counts>; // what the newest events added to the counts, by their second
  readonly touched: ReadonlyMap<number, number>; // the things in memory, the last changed one last: number → when
  readonly unsaved: ReadonlySet<number>; // those whose record is older, or missing
  readonly ahead: ReadonlyMap<number, number>; // those with a newer record than what is counted: number → version
  readonly evictedEarly: boolean; // things were evicted before the partition was in service
  readonly evicted: ReadonlyMap<string, Evicted>; // by id: those whose last event came at `evictedSince` or later
  readonly evictedSince: number; // a scan of the log, while the partition is served, takes no earlier events
};

/** A thing that has left memory: how many of its events are counted, and when the last one came. */
export type Evicted = { readonly version: number; readonly at: number };

/** The number of active things, and the sum of the versions of all things. */
export type Counts = { readonly active: number; readonly events: number };

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type MutableKept = Mutable<Omit<Kept, 'ahead' | 'evicted' | 'recent' | 'touched' | 'unsaved'>> & {
  recent: Map<number, Mutable<Counts>>;
  touched: Map<number, number>;
  unsaved: Set<number>;
  ahead: Map<number, number>;
  evicted: Map<string, Evicted>;
};

const changing = (kept: Kept) => kept as MutableKept;

/** Opens it with the counts of all events before `since`. Without them, it counts all events. */
export const openKept = (
  counts: Counts = none,
  since = Number.NEGATIVE_INFINITY,
  { oldest, newest }: Times = never,
): Kept => {
  const kept: MutableKept = {
    ...{ active: counts.active, events: counts.events, since, oldest, newest },
    ...{ recent: new Map(), touched: new Map(), unsaved: new Set(), ahead: new Map(), evictedEarly: false },
    ...{ evicted: new Map(), evictedSince: since },
  };
  return kept;
};

const none: Counts = { active: 0, events: 0 };

/** When the first and the last thing were created. */
export type Times = Pick<Kept, 'oldest' | 'newest'>;

const never: Times = { oldest: Number.POSITIVE_INFINITY, newest: Number.NEGATIVE_INFINITY };

/** Adds to the counts what an event of this time changed. */
export const addCounts = (kept: Kept, at: number, active: number, events: number): void => {
  const counting = changing(kept);
  counting.active += active;
  counting.events += events;
  const second = Math.floor(at / secondMs);
  const sum = counting.recent.get(second) ?? { ...none };
  sum.active += active;
  sum.events += events;
  counting.recent.set(second, sum);
};

const secondMs = 1_000;

/** Notes when a thing was created. */
export const noteCreation = (kept: Kept, at: number): void => {
  if (at < kept.oldest) changing(kept).oldest = at;
  if (at > kept.newest) changing(kept).newest = at;
};

/**
 * Returns the counts of all events before a time, a whole second. Takes a later time if the counts of that
 * one are not known any more. Forgets what it needs to count for earlier times.
 */
export const countsBefore = (kept: Kept, wanted: number): Counts & { at: number } => {
  const { recent } = changing(kept);
  const at = Math.max(wanted, kept.since);
  let { active, events } = kept;
  for (const [second, sum] of recent) {
    if (second * secondMs < at) {
      recent.delete(second);
      continue;
    }
    active -= sum.active;
    events -= sum.events;
  }
  changing(kept).since = at;
  return { at, active, events };
};

/**
 * Corrects the counts of all events before a time, no earlier than `since`. What later events have changed stays added.
 */
export const setCountsBefore = (kept: Kept, counts: Counts, at: number): void => {
  const wrong = countsBefore(kept, at);
  changing(kept).active += counts.active - wrong.active;
  changing(kept).events += counts.events - wrong.events;
};

/** Notes that a thing in memory has changed. */
export const touch = (kept: Kept, number: number, isUnsaved: boolean): void => {
  const { touched, unsaved } = changing(kept);
  touched.delete(number); // it becomes the last one
  touched.set(number, performance.now());
  if (isUnsaved) unsaved.add(number);
};

/** Notes that a thing in memory has events that are not counted: those after version `counted`. */
export const noteAhead = (kept: Kept, number: number, counted: number): void => {
  changing(kept).ahead.set(number, counted);
};

/**
 * Notes that an event has come which the state of a thing has already. Returns the number of events that are to be
 * counted now. `version` is that of the event, and `most` that of the state.
 */
export const catchUp = (kept: Kept, number: number, version: number, most: number): number => {
  const { ahead } = changing(kept);
  const counted = ahead.get(number);
  if (counted === undefined || version <= counted) return 0;
  if (version >= most) ahead.delete(number);
  else ahead.set(number, version);
  return version - counted;
};

/** Notes that the record of a thing is as new as memory. */
export const noteKeptSaved = (kept: Kept, number: number): void => {
  changing(kept).unsaved.delete(number);
};

/**
 * Notes that a thing is no longer in memory, with the version and the time of its state. `early`: its partition is not
 * in service yet.
 */
export const noteEvicted = (
  kept: Kept,
  number: number,
  { id, version, at }: Evicted & { id: string },
  early: boolean,
): void => {
  const { ahead, evicted, touched, unsaved } = changing(kept);
  evicted.set(id, { version: ahead.get(number) ?? version, at });
  touched.delete(number);
  unsaved.delete(number);
  ahead.delete(number);
  if (early) changing(kept).evictedEarly = true;
};

/** Forgets the evicted things whose last event came before a time. All events before it must have been counted. */
export const forgetEvicted = (kept: Kept, before: number): void => {
  if (before <= kept.evictedSince) return;
  const { evicted } = changing(kept);
  for (const [id, { at }] of evicted) if (at < before) evicted.delete(id);
  changing(kept).evictedSince = before;
};

/** Notes that the partition is in service: from now on, the change stream brings each event once. */
export const noteInService = (kept: Kept): void => {
  changing(kept).evictedEarly = false;
};

/**
 * Returns the things that may leave memory: all but the `most` last changed ones, and only such that are saved and were
 * last changed before a time on the monotonic clock.
 */
export const findEvictable = ({ touched, unsaved }: Kept, most: number, before: number): number[] => {
  const found: number[] = [];
  for (const [number, at] of touched) {
    if (touched.size - found.length <= most || at >= before) break;
    if (!unsaved.has(number)) found.push(number);
  }
  return found;
};
