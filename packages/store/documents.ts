import type { Fields, StoredEvent } from '@muster/model';
import type { ResumeToken, Timestamp } from 'mongodb';
import type { Position } from './position.ts';

export type { StoredEvent };

/**
 * Which snapshot: of which log, the incarnation of who took it, and its number there, as `5e884898-3f2a90c1d4e5:17`.
 * Made and read in snapshot-mark.ts.
 */
export type SnapshotMark = `${string}:${number}`;

/**
 * A snapshot's record: a thing's fields as they are, and what the engine keeps of it. One with `deletedAt` is a
 * tombstone, without the fields.
 */
export type RecordDocument = Fields & {
  _id: string;
  version: number;
  partition: number;
  // of the snapshot that wrote it; where its checkpoint's does not cover it, that snapshot did not end
  snapshot: SnapshotMark;
  createdAt: Date;
  updatedAt: Date;
  deletedAt?: Date | null;
};

/** How far a partition's snapshot reaches. */
export type CheckpointDocument = {
  _id: number; // the partition
  snapshot: SnapshotMark; // of the last snapshot that ended
  position: Position; // of the heartbeat that the snapshot reaches at least
  at: Date; // of that heartbeat, on the database's clock
  events: number; // the sum of the versions of all its states, which is the number of its events
  active: Record<string, number>; // by entity's name
  aggregator: string;
};

/** A checkpoint as `Checkpoints` holds it. */
export type StoredCheckpoint = Omit<CheckpointDocument, 'position'> & {
  resumeToken: ResumeToken;
  clusterTime: Timestamp;
};

export type AggregatorState = 'restoring' | 'serving' | 'leaving';

/** An aggregator's own document, renewed with every heartbeat. */
export type AggregatorDocument = {
  _id: string; // its name
  incarnation: string; // of this start
  log?: string; // the id of the log whose states it holds; an older program's document has none
  beat: string; // `${incarnation}:${n}`: one value, so that a change stream shows it whole
  heartbeatAt: Date; // on the database's clock; the lease leasesExpired a while after it
  steadySince: Date; // on the database's clock: renewed since then without a gap of a lease
  startedAt: Date;
  address: string; // host:port of its read service
  healthPort: number;
  state: AggregatorState;
  partitions: number[]; // those it serves
  warming: number[]; // those it is to serve, and restores
};

/** An event that could not be understood, or one that follows such a one in its stream. */
export type DeadLetterDocument = {
  _id: string; // the event's
  event: StoredEvent;
  error: string;
  partition: number;
  since: Date;
  attempts: number;
};

export type SettingsDocument = {
  _id: 'muster';
  schema: number;
  partitions: number;
  hash: string;
  // the id of the log that records and checkpoints are derived from; an earlier release's document has none
  log?: string;
};
