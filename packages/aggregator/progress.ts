import type { RecoveryMode } from './lifecycle.ts';

/**
 * What this process keeps about itself beside its lifecycle. Times on the monotonic clock, in milliseconds. Everybody
 * may read it; only the functions of this file change it, and the types keep it so.
 */
export type Progress = {
  readonly address: string;
  readonly healthPort: number;
  readonly startedAt: Date;
  readonly openedAt: number; // when the change stream was opened last; 0 before
  readonly beating: boolean; // the last heartbeat could be written
  readonly restoringSince: Readonly<Record<RecoveryMode, number>>; // when the last restore of each mode began
  readonly unsaved: number; // events processed since the last snapshot was taken
  readonly unsavedSince: number | undefined; // when the oldest of them was
  readonly snapshotting: boolean;
  readonly restUntil: number; // no snapshot is taken before
  readonly checkpointedAt: number; // when the checkpoints of unchanged partitions were last saved
};

type Mutable = { -readonly [Key in keyof Progress]: Progress[Key] };

const changing = (progress: Progress) => progress as Mutable;

export const openProgress = (): Progress => ({
  address: '',
  healthPort: 0,
  startedAt: new Date(),
  openedAt: 0,
  beating: true,
  restoringSince: { resume: 0, rescan: 0, rebalance: 0 },
  unsaved: 0,
  unsavedSince: undefined,
  snapshotting: false,
  restUntil: 0,
  // the first snapshot in service is of all partitions: from then on a checkpoint reaches everywhere
  checkpointedAt: Number.NEGATIVE_INFINITY,
});

/** Where this process can be reached. */
export const noteAddress = (progress: Progress, address: string, healthPort: number): void => {
  changing(progress).address = address;
  changing(progress).healthPort = healthPort;
};

/** The change stream is open from now on. Returns whether one was open before. */
export const noteOpened = (progress: Progress): boolean => {
  const wasOpened = progress.openedAt > 0;
  changing(progress).openedAt = performance.now();
  return wasOpened;
};

/** Whether the last heartbeat could be written. Returns whether that is news. */
export const noteBeating = (progress: Progress, beating: boolean): boolean => {
  const isNews = progress.beating !== beating;
  changing(progress).beating = beating;
  return isNews;
};

export const noteRestoring = (progress: Progress, mode: RecoveryMode): void => {
  changing(progress).restoringSince = { ...progress.restoringSince, [mode]: performance.now() };
};

/** That much more is to be saved; in events. */
export const countUnsaved = (progress: Progress, events: number): void => {
  if (events === 0) return;
  changing(progress).unsaved += events;
  changing(progress).unsavedSince ??= performance.now();
};

/** The next snapshot writes the checkpoints of unchanged partitions too: one of them is new to this aggregator. */
export const expectAllCheckpoints = (progress: Progress): void => {
  changing(progress).checkpointedAt = Number.NEGATIVE_INFINITY;
};

/** A snapshot has taken all that is unsaved; `ofAll`: of unchanged partitions too. */
export const noteTaken = (progress: Progress, ofAll: boolean): void => {
  changing(progress).unsaved = 0;
  changing(progress).unsavedSince = undefined;
  if (ofAll) changing(progress).checkpointedAt = performance.now();
};

/** What was taken is being saved from now on. Returns when that began. */
export const beginSaving = (progress: Progress): number => {
  changing(progress).snapshotting = true;
  return performance.now();
};

/**
 * The snapshot that began at `startedAt` has ended. The next one waits as long as this one took, 1 s at most: under
 * load the database is for appends first, and what changes twice meanwhile is saved once.
 */
export const endSaving = (progress: Progress, startedAt: number): void => {
  const endedAt = performance.now();
  changing(progress).snapshotting = false;
  changing(progress).restUntil = endedAt + Math.min(restMsMax, endedAt - startedAt);
};

const restMsMax = 1_000;
