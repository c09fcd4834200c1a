import type { Fields, StoredEvent } from '@muster/model';
import type { ResumeToken, Timestamp } from 'mongodb';
import type { LogId } from './log-guard.ts';
import type { Position } from './position.ts';

export type { StoredEvent };

/**
 * Identifies a snapshot: its log, the incarnation of the aggregator that took it, and its number there. Example:
 * `5e884898-3f2a90c1d4e5:17`. Made and parsed in snapshot-mark.ts.
 */
export type SnapshotMark = `${string}:${number}`;

/**
 * A saved state: the entity's own fields, and the engine's fields. A record with `deletedAt` is a tombstone and has no
 * entity fields.
 */
export type RecordDocument = Fields & {
  _id: string;
  version: number;
  partition: number;
  // The first snapshot that counts it. That one did not finish if the partition's checkpoint does not cover this mark.
  snapshot: SnapshotMark;
  createdAt: Date;
  updatedAt: Date;
  deletedAt?: Date | null;
};

/** How far a partition's records reach. */
export type CheckpointDocument = {
  _id: number; // the partition
  snapshot: SnapshotMark; // the last snapshot that finished
  position: Position; // the position of a heartbeat: the records include all events before it
  at: Date; // when that heartbeat was written, on the database's clock
  events: number; // the number of the partition's events: the sum of the versions of all its states
  active: Record<string, number>; // the number of active things, by entity name
  kept?: Record<string, KeptCounts>; // by entity name: those with `keep`
  aggregator: string;
};

/**
 * The counts of an entity with `keep`: of all events before the time `at`, which a restore begins with. `allEvents` are
 * those that `events` of the checkpoint includes. `oldest` and
 * `newest` are when the first and the last thing were created.
 */
export type KeptCounts = { at: Date; active: number; events: number; allEvents: number; oldest?: Date; newest?: Date };

/** A checkpoint as stored in the collection `Checkpoints`. */
export type StoredCheckpoint = Omit<CheckpointDocument, 'position'> & {
  resumeToken: ResumeToken;
  clusterTime: Timestamp;
};

export type AggregatorState = 'restoring' | 'serving' | 'leaving';

/** An aggregator's own document. Each heartbeat updates it. */
export type AggregatorDocument = {
  _id: string; // its name
  incarnation: string; // new at each start of the process
  log?: string; // the id of the log whose states it holds; older programs do not write it
  beat: string; // `${incarnation}:${n}`: one field, so that a change stream shows the whole value
  heartbeatAt: Date; // on the database's clock; the lease expires a fixed time after it
  steadySince: Date; // on the database's clock: the lease has not expired since then
  startedAt: Date;
  address: string; // host:port of its read service
  healthPort: number;
  state: AggregatorState;
  partitions: number[]; // the partitions that it serves
  warming: number[]; // the partitions assigned to it that it is still restoring
};

/** An event that could not be parsed, or a later event of the same stream. */
export type DeadLetterDocument = {
  _id: string; // the id of the event
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
  // the id of the log that records and checkpoints were derived from; earlier releases do not write it
  log?: string;
};

/**
 * What a key allows: `read` to read, `write` also to write, `site` to read and to follow as another site, `admin`
 * everything.
 */
export type KeyScope = 'read' | 'write' | 'site' | 'admin';

/** An API key, in the collection `Keys`. The key itself is not stored, only a hash of its secret part. */
export type KeyDocument = {
  _id: string;
  name: string; // the `actor` of the events that are written with it
  scope: KeyScope;
  hash: string; // SHA-256 of the secret, in hexadecimal
  createdAt: Date;
  expiresAt?: Date;
  revokedAt?: Date;
};

/** A site that this Muster follows, in the collection `Sites`. */
export type SiteDocument = {
  _id: string; // its URL
  addedAt: Date;
  name?: string; // as the site names itself
  log?: LogId; // of the own log that has what was adopted; the position counts only for it
  position?: string; // behind the last event whose state was adopted
  events: number; // of the site that were read up to there
  adopted: number; // events that were appended here because of them
  refused: number; // states of the site that could not be adopted
  rereads?: number; // how often somebody let it be read from its first event
  readAt?: Date; // when it was read last, or was known to have nothing more
  problem?: string | null; // why it is not followed now
};
