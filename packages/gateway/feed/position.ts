import { type EventKey, isPlace, type Place } from '@muster/store';

/**
 * What a client resumes behind: a place in the log, or an event of a scan from the start. `behind` is the place from
 * which the feed goes on after the scan.
 */
export type Position = { kind: 'place'; place: Place } | { kind: 'scan'; behind: Place; after: EventKey };

/** Returns the position of an event of a scan as clients get it. */
export const writeScanPosition = (behind: Place, { entity, entityId, version }: EventKey): string =>
  `scan-${behind}-${Buffer.from(JSON.stringify([entity, entityId, version])).toString('base64url')}`;

/** Parses a position that a client sends. Undefined if it is none. */
export const parsePosition = (text: string): Position | undefined => {
  if (isPlace(text)) return { kind: 'place', place: text };
  const [, behind = '', key = ''] = /^scan-([0-9A-Fa-f]+)-([A-Za-z0-9_-]{1,600})$/.exec(text) ?? [];
  const after = isPlace(behind) ? parseKey(key) : undefined;
  return after && { kind: 'scan', behind, after };
};

const parseKey = (text: string): EventKey | undefined => {
  try {
    const [entity, entityId, version] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof entity !== 'string' || typeof entityId !== 'string' || !Number.isSafeInteger(version)) return undefined;
    return { entity, entityId, version };
  } catch {
    return undefined;
  }
};
