/** Which `Events` collection this is: the server's own id of it. One that was dropped and made again has another. */
export type LogId = string;

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
  provenAt: number;
  proving: Promise<boolean> | undefined;
};

export const openLogGuard = (): LogGuard => ({
  logId: undefined,
  isLost: false,
  isReported: false,
  prepared: 0,
  provenAt: 0,
  proving: undefined,
});
