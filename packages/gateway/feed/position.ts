import { createHash } from 'node:crypto';
import { type EventKey, isPlace, type LogId, type Place } from '@muster/store';

/**
 * What a client resumes behind: a place in the log, or an event of a scan from the start. `behind` is the place from
 * which the feed goes on after the scan.
 */
export type Position = { kind: 'place'; place: Place } | { kind: 'scan'; behind: Place; after: EventKey };

/** Returns the mark of a log in its positions: another log has other events at its places. */
export const markOfLog = (logId: LogId | undefined): string =>
  createHash('sha256')
    .update(logId ?? '')
    .digest('base64url')
    .slice(0, 10);

/** Returns the position of a place as clients get it. */
export const writePosition = (mark: string, place: Place): string => `${mark}.${place}`;

/** Returns the position of an event of a scan as clients get it. */
export const writeScanPosition = (mark: string, behind: Place, { entity, entityId, version }: EventKey): string =>
  `${mark}.${behind}.${Buffer.from(JSON.stringify([entity, entityId, version])).toString('base64url')}`;

/** Parses a position that a client sends. Undefined if it is none. */
export const parsePosition = (text: string): { mark: string; position: Position } | undefined => {
  const [mark = '', place = '', key, ...rest] = text.split('.');
  if (!/^[A-Za-z0-9_-]{10}$/.test(mark) || !isPlace(place) || rest.length > 0) return undefined;
  if (key === undefined) return { mark, position: { kind: 'place', place } };
  const after = parseKey(key);
  return after && { mark, position: { kind: 'scan', behind: place, after } };
};

const parseKey = (text: string): EventKey | undefined => {
  if (!/^[A-Za-z0-9_-]{1,600}$/.test(text)) return undefined;
  try {
    const [entity, entityId, version] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof entity !== 'string' || typeof entityId !== 'string' || !Number.isSafeInteger(version)) return undefined;
    return { entity, entityId, version };
  } catch {
    return undefined;
  }
};
