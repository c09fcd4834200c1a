import type { StoredEvent } from './documents.ts';
import type { Position } from './position.ts';

/** What a watch yields, in the order of the log. */
export type Watched =
  | { kind: 'opened' } // every later change will be seen: a heartbeat written now comes back
  | { kind: 'events'; events: readonly StoredEvent[] } // one or more, and at most `runMax`
  | { kind: 'heartbeat'; heartbeat: Heartbeat }
  | { kind: 'quiet' } // no change for a short time, which proves nothing
  | { kind: 'broken'; error: unknown } // the watch reopens the stream at the same position after a pause
  | { kind: 'lost'; error: unknown }; // the server no longer has the position: scan the log, then watch from a new one

/** The most events that a watch yields at once, so that its reader has bounded work. */
export const runMax = 100;

/**
 * A heartbeat as read from the stream. Its position is valid for every set of partitions, because every watch includes
 * heartbeats. `at` is when it was written, on the database's clock.
 */
export type Heartbeat = { aggregator: string; beat: string; at: Date; position: Position };
