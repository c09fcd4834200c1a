import type { StoredEvent } from './documents.ts';
import type { Position } from './position.ts';

/** What a watch of the log says, in the log's order. */
export type Watched =
  | { kind: 'opened' } // from here on everything will be seen: a heartbeat written now comes back
  | { kind: 'event'; event: StoredEvent }
  | { kind: 'heartbeat'; heartbeat: Heartbeat }
  | { kind: 'quiet' } // nothing for a moment, which proves nothing
  | { kind: 'broken'; error: unknown } // it will be opened again where it was, after a pause
  | { kind: 'lost'; error: unknown }; // the server no longer knows the place: scan the log, then watch from a fresh one

/**
 * A heartbeat as it came back. Its position fits every set of partitions, since every watch lets heartbeats pass. `at`:
 * when it was written, on the database's clock.
 */
export type Heartbeat = { aggregator: string; beat: string; at: Date; position: Position };
