/**
 * Which log this is: the server's own id of the collection `Events`, as one that was dropped and made again has
 * another. A suffix after `/` sets it apart from the same collection before events were taken out of it.
 */
export type LogId = string;

/** The part of the id that the server gives. */
export const collectionOf = (logId: LogId): string => logId.split('/', 1)[0] ?? '';

/**
 * Which `Events` this process decides on, and when it was last proven to be there. A plain value, changed in
 * guard-log.ts only. Without an id nothing is guarded: whatever log is there will do. While it is lost, nothing may be
 * appended.
 */
export type LogGuard = {
  logId: LogId | undefined;
  isLost: boolean;
  isReported: boolean; // that it is lost
  prepared: number; // how often a log was prepared: a proof that began before says nothing of it
  witness: string | undefined; // the id of an event that this process has appended, the newest: it must be there
  isWitnessMissing: boolean;
  provenAt: number;
  inspectedAt: number; // when the collection's id and its unique index were looked at
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
