export {
  type Appended,
  type AppendLimits,
  type AppendQueue,
  append,
  appendChain,
  type ChainAppended,
  openAppendQueue,
} from './append-events.ts';
export { readCheckpoints, saveCheckpoints } from './checkpoints.ts';
export { describeShared, findHoles, findSharedVersions, type Hole, LogDamaged, type SharedVersion } from './damage.ts';
export { type DatabaseClock, databaseNow, measureClock, openClock } from './database-clock.ts';
export { countDeadLetters, keepDeadLetter, readDeadLetters, removeDeadLetters } from './dead-letters.ts';
export { readServerVersion } from './describe-server.ts';
export type {
  AggregatorDocument,
  AggregatorState,
  CheckpointDocument,
  DeadLetterDocument,
  KeptCounts,
  KeyDocument,
  KeyScope,
  RecordDocument,
  SettingsDocument,
  SiteDocument,
  SnapshotMark,
  StoredEvent,
} from './documents.ts';
export { driverFailureOf } from './driver-failure.ts';
export {
  areSettingsKept,
  distrustRecords,
  ensureCollections,
  isFinal,
  SettingsConflict,
  type SharedShape,
} from './ensure-collections.ts';
export { estimateEvents } from './estimate-events.ts';
export { type AliveLimits, type Found, findAlive, type TooMuch } from './find-alive.ts';
export { type Fed, type FeedItem, followFeed, isPlace, type Place } from './follow-feed.ts';
export { expectAppend, guardStoredLog, logIdOf } from './guard-log.ts';
export { hasEvent } from './has-event.ts';
export { isLogWhole, type KeptLog, mendLog, prepareDatabase } from './keep-log.ts';
export { isSecretOf, newKey, parseKey, readKeys, revokeKeys, storeKey } from './keys.ts';
export type { LogId } from './log-guard.ts';
export { isNewest, type LookUps, openLookUps, suitLookUps } from './look-up.ts';
export { beatHeart, joinMembers, leaveMembers, listMembers, type OwnDocument } from './members.ts';
export { oldestPosition } from './oldest-position.ts';
export { connect, type Log, type LogOptions, openLog } from './open-log.ts';
export { emptyScratch, openScratch, packFields, unpackField, unpackFields } from './packed-fields.ts';
export type { Packed, PackedFields } from './packed-state.ts';
export { comparePositions, isBefore, isSamePlace, type Position } from './position.ts';
export { querySaved, type SavedAnswer, type SavedQuery } from './query-saved.ts';
export { type Cluster, readCluster } from './read-cluster.ts';
export { type GroupsQuery, readGroups, type SavedGroups } from './read-groups.ts';
export { readEventsOutside, readRecordsOutside } from './read-outside.ts';
export {
  countEvents,
  type SavedState,
  scanEventBatches,
  scanEvents,
  scanLastVersions,
  scanRecords,
  scanStates,
} from './read-partition.ts';
export {
  loadPast,
  type Moment,
  type Past,
  type PastLimits,
  readNewestVersion,
  readNewestVersions,
} from './read-past.ts';
export { countSaved, listSaved, NeverSaved, type SavedCount } from './read-set.ts';
export { readSettings } from './read-settings.ts';
export { hasRecords, readStates } from './read-states.ts';
export { catchUpState, foldStored, type Loaded, loadState, pageVersions, readStream } from './read-stream.ts';
export { covers, recordOf, stateOf } from './records.ts';
export { idsAbove, type RemovedEvent, removeEvents } from './remove-events.ts';
export { ensureReplicaSet } from './replica-set.ts';
export { type Saved, type Saving, saveRecords } from './save-records.ts';
export { type EventKey, scanInOrder } from './scan-in-order.ts';
export { addSite, listSites, noteSite, removeSite, rereadSite, type SiteReading } from './sites.ts';
export { markOf } from './snapshot-mark.ts';
export { type WatchOptions, watchLog } from './watch-log.ts';
export type { Heartbeat, Watched } from './watched.ts';
export { DeadlineError, withinDeadline } from './within-deadline.ts';
