/**
 * Identifies a log by the server's id of the collection `Events`, which changes when the collection is dropped and
 * created again. A suffix after `/` tells it from the same collection before events were removed from it.
 */
export type LogId = string;

/** Returns the collection's id, without the suffix. */
export const collectionOf = (logId: LogId): string => logId.split('/', 1)[0] ?? '';

/**
 * The log that this process decides on, and when it was last proven to be the same. A plain value, changed only in
 * guard-log.ts. Without an id nothing is guarded, and any log is accepted. While it is lost, appends are refused.
 */
export type LogGuard = {
  logId: LogId | undefined;
  isLost: boolean;
  isReported: boolean; // the loss has been reported
  prepared: number; // how often a log was prepared; a proof is discarded if this changes while it runs
  witness: string | undefined; // the id of the newest event that this process appended
  isWitnessMissing: boolean;
  provenAt: number;
  inspectedAt: number; // when the collection's id and unique index were last inspected
  proving: Promise<boolean> | undefined;
};

export const openLogGuard = (): LogGuard => ({
  logId: undefined,
  isLost: false,
  isReported: false,
  prepared: 0,
  witness: undefined,
  isWitnessMissing: false,
  provenAt: 0,
  inspectedAt: 0,
  proving: undefined,
});
