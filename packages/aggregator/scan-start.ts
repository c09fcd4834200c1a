/**
 * Returns where a scan of the log begins that must not miss an event after a checkpoint of this time: a whole second,
 * earlier by the overlap, which covers clocks that differ. Pure.
 */
export const scanStart = (at: Date, overlapMs: number): Date =>
  new Date(Math.floor(at.getTime() / 1_000) * 1_000 - overlapMs);
