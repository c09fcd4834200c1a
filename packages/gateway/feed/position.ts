import { createHash } from 'node:crypto';
import { type EventKey, isPlace, type LogId, type Place } from '@muster/store';

/**
 * What a client resumes behind: a place in the log, or an event of a scan from the start. `behind` is the place from
 * which the feed goes on after the scan. `witness`: the id of an event that was in the log then. If it is not there any
 * more, an older copy of the log was restored, and the place may be one of other events.
 */
export type Position = { witness: string | undefined } & (
  | { kind: 'place'; place: Place }
  | { kind: 'scan'; behind: Place; after: EventKey }
);

/** Returns the mark of a log in its positions: another log has other events at its places. */
export const markOfLog = (logId: LogId | undefined): string =>
  createHash('sha256')
    .update(logId ?? '')
    .digest('base64url')
    .slice(0, 10);

/** Returns the position of a place as clients get it. */
export const writePosition = (mark: string, place: Place, witness: string | undefined): string =>
  `${mark}.${place}${writeWitness(witness)}`;

/** Returns the position of an event of a scan as clients get it. */
export const writeScanPosition = (
  mark: string,
  behind: Place,
  after: EventKey,
  witness: string | undefined,
): string => {
  const { entity, entityId, version } = after;
  const key = Buffer.from(JSON.stringify([entity, entityId, version])).toString('base64url');
  return `${mark}.${behind}.${key}${writeWitness(witness)}`;
};

// 22 letters. Events of other programs may have ids of another kind: they are no witnesses
const writeWitness = (id: string | undefined): string =>
  id !== undefined && uuid.test(id) ? `~${Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url')}` : '';

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const readWitness = (text: string): string =>
  Buffer.from(text, 'base64url')
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/** Parses a position that a client sends. Undefined if it is none. */
export const parsePosition = (text: string): { mark: string; position: Position } | undefined => {
  const [, where = '', witnessText] = /^([^~]*)(?:~([A-Za-z0-9_-]{22}))?$/.exec(text) ?? [];
  const [mark = '', place = '', key, ...rest] = where.split('.');
  if (!/^[A-Za-z0-9_-]{10}$/.test(mark) || !isPlace(place) || rest.length > 0) return undefined;
  const witness = witnessText === undefined ? undefined : readWitness(witnessText); // earlier versions wrote none
  if (key === undefined) return { mark, position: { kind: 'place', place, witness } };
  const after = parseKey(key);
  return after && { mark, position: { kind: 'scan', behind: place, after, witness } };
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
