import { MongoServerError, type ResumeToken } from 'mongodb';
import { type Batch, openStream, readChange, stagesOfPartitions, tokenOf } from './change-stream.ts';
import type { StoredEvent } from './documents.ts';
import { followChanges } from './follow-changes.ts';
import type { Log } from './open-log.ts';

/**
 * A place in the log, as a text that clients may keep. It lies behind the change that it came with. Opaque: only the
 * store reads it.
 */
export type Place = string;

/** A change of the log with its place. Heartbeats have none but their place. */
export type Fed = { place: Place; event: StoredEvent | undefined };

/** What following the feed yields, in the order of the log. */
export type FeedItem =
  | { kind: 'opened'; place: Place | undefined } // every later change will be seen
  | { kind: 'changes'; changes: readonly Fed[] }
  | { kind: 'quiet' } // no change for a short time
  | { kind: 'broken'; error: unknown } // goes on at the same place after a pause
  | { kind: 'lost'; error: unknown }; // the server no longer has the place: nothing follows

export type FeedOptions = {
  from: Place | undefined; // undefined: start now
  signal: AbortSignal;
  pauseMs: (failures: number) => number; // the pause before the next attempt, in milliseconds
};

/**
 * Follows all events of the log and all heartbeats, behind a place or from now on, until `signal` aborts. A place that
 * the server does not take is lost, too.
 */
export async function* followFeed(log: Log, { from, signal, pauseMs }: FeedOptions): AsyncGenerator<FeedItem> {
  const open = (token: ResumeToken | undefined) => openStream(log, stagesOfPartitions(undefined), token);
  const options = { open, use: itemsOf, from: from && { _data: from }, signal, pauseMs };
  let isOpened = false;
  for await (const item of followChanges<FeedItem>(log, options)) {
    if (item.kind === 'opened') {
      isOpened = true;
      yield { kind: 'opened', place: 'token' in item && item.token ? placeOf(item.token) : undefined };
    } else if (item.kind === 'broken' && from !== undefined && !isOpened && isWrongToken(item.error)) {
      return yield { kind: 'lost', error: item.error };
    } else yield item;
  }
}

// what MongoDB answers to a resume token that is none: it cannot be parsed, or is of another stream
const isWrongToken = (error: unknown): boolean =>
  error instanceof MongoServerError && [9, 40649, 50795, 50796, 50797, 50854, 51055].includes(Number(error.code));

function* itemsOf({ changes }: Batch): Generator<FeedItem> {
  const fed = changes.flatMap((bytes): Fed[] => {
    const change = readChange(bytes);
    if (change.kind === 'other') return [];
    return [{ place: placeOf(tokenOf(bytes)), event: change.kind === 'event' ? change.event : undefined }];
  });
  yield fed.length === 0 ? { kind: 'quiet' } : { kind: 'changes', changes: fed };
}

const placeOf = (token: ResumeToken): Place => String((token as { _data?: unknown })._data);

/** Whether a text may be a place. The server says whether it has it. */
export const isPlace = (text: string): boolean => /^(?:[0-9A-Fa-f]{2}){8,2000}$/.test(text);
