import type { RecoveryMode } from './lifecycle.ts';

/**
 * What this process knows about itself beside its lifecycle. Times are milliseconds on the monotonic clock. Any file
 * may read it. Only this file changes it, and the types enforce this.
 */
export type Progress = {
  readonly address: string;
  readonly healthPort: number;
  readonly startedAt: Date;
  readonly openedAt: number; // when the change stream was last opened; 0 before
  readonly beating: boolean; // the last heartbeat was written
  readonly restoringSince: Readonly<Record<RecoveryMode, number>>; // when the last restore of each mode began
  readonly unsaved: number; // events processed since the last snapshot was taken
  readonly unsavedSince: number | undefined; // when the oldest of them was processed
  readonly snapshotting: boolean;
  readonly restUntil: number; // the next snapshot begins no earlier
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
  // the first snapshot writes the checkpoints of all owned partitions, changed or not
  checkpointedAt: Number.NEGATIVE_INFINITY,
});

/** Notes the address and the health port of this process. */
export const noteAddress = (progress: Progress, address: string, healthPort: number): void => {
  changing(progress).address = address;
  changing(progress).healthPort = healthPort;
};

/** Notes that the change stream was opened now. Returns true if one was open before. */
export const noteOpened = (progress: Progress): boolean => {
  const wasOpened = progress.openedAt > 0;
  changing(progress).openedAt = performance.now();
  return wasOpened;
};

/** Notes whether the last heartbeat was written. Returns true if this has changed. */
export const noteBeating = (progress: Progress, beating: boolean): boolean => {
  const isNews = progress.beating !== beating;
  changing(progress).beating = beating;
  return isNews;
};

export const noteRestoring = (progress: Progress, mode: RecoveryMode): void => {
  changing(progress).restoringSince = { ...progress.restoringSince, [mode]: performance.now() };
};

/** Adds this number of events to the unsaved ones. */
export const countUnsaved = (progress: Progress, events: number): void => {
  if (events === 0) return;
  changing(progress).unsaved += events;
  changing(progress).unsavedSince ??= performance.now();
};

/** Makes the next snapshot write the checkpoints of unchanged partitions too: this aggregator owns a new partition. */
export const expectAllCheckpoints = (progress: Progress): void => {
  changing(progress).checkpointedAt = Number.NEGATIVE_INFINITY;
};

/** Notes that a snapshot has taken all unsaved changes. `ofAll`: with the checkpoints of unchanged partitions. */
export const noteTaken = (progress: Progress, ofAll: boolean): void => {
  changing(progress).unsaved = 0;
  changing(progress).unsavedSince = undefined;
  if (ofAll) changing(progress).checkpointedAt = performance.now();
};

/** Notes that a snapshot is being saved from now on. Returns the time now. */
export const beginSaving = (progress: Progress): number => {
  changing(progress).snapshotting = true;
  return performance.now();
};

/**
 * Notes the end of the snapshot of so many records that began at `startedAt`. The next one waits as long as this one
 * took, 1 s at most. Under load this leaves the database to appends, and a record that changes twice meanwhile is saved
 * once. After a long one, all checkpoints are written again: a restore from those of its beginning would have to pass
 * all its records in the change stream.
 */
export const endSaving = (progress: Progress, startedAt: number, records: number): void => {
  const endedAt = performance.now();
  changing(progress).snapshotting = false;
  changing(progress).restUntil = endedAt + Math.min(restMsMax, endedAt - startedAt);
  if (records > 0 && endedAt - startedAt > longMs) expectAllCheckpoints(progress);
};

const restMsMax = 1_000;
const longMs = 2_000;
