import type { ResumeToken } from 'mongodb';
import { type Batch, openStream, readChange, stagesOfPartitions } from './change-stream.ts';
import type { StoredEvent } from './documents.ts';
import { followChanges } from './follow-changes.ts';
import type { Log } from './open-log.ts';
import { insidesOf, type Position } from './position.ts';
import { runMax, type Watched } from './watched.ts';

export type WatchOptions = {
  partitions: readonly number[];
  from: Position | undefined; // undefined: start now
  signal: AbortSignal;
  pauseMs: (failures: number) => number; // the pause before the next attempt, in milliseconds
};

/**
 * Watches the inserts into `Events` of these partitions and all heartbeats, until `signal` aborts. Reopens a broken
 * stream after the last change read. Ends after `lost`: the server no longer has the position.
 */
export const watchLog = (log: Log, { partitions, from, signal, pauseMs }: WatchOptions): AsyncGenerator<Watched> => {
  const open = (token: ResumeToken | undefined) => openStream(log, stagesOfPartitions(partitions), token);
  return followChanges<Watched>(log, { open, use: inOrder, from: from && insidesOf(from).token, signal, pauseMs });
};

/** Events that follow each other come in runs. */
function* inOrder({ changes }: Batch): Generator<Watched> {
  let events: StoredEvent[] = [];
  let isQuiet = true;
  for (const bytes of changes) {
    const change = readChange(bytes);
    if (change.kind === 'other') continue;
    isQuiet = false;
    if (change.kind === 'event') events.push(change.event);
    if (events.length > 0 && (change.kind === 'heartbeat' || events.length === runMax)) {
      yield { kind: 'events', events };
      events = [];
    }
    if (change.kind === 'heartbeat') yield change;
  }
  if (events.length > 0) yield { kind: 'events', events };
  if (isQuiet) yield { kind: 'quiet' };
}
