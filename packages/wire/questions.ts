import { decodeState, encodeState, type State } from '@muster/model';
import { type Frame, type Outbox, writeFrame } from './frames.ts';
import { kinds } from './messages.ts';

// A question and an answer are JSON, the answer with a text beside it. What comes is looked at piece by piece: a peer
// may be broken, or of another release.

/** A version that must have been applied before a set is answered. */
export type MinVersion = [entity: string, id: string, version: number];

export type Question =
  | { kind: 'count'; partitions: number[]; minVersions: MinVersion[]; waitMs: number }
  | {
      kind: 'list';
      entity: string;
      partition: number;
      offset: number;
      limit: number;
      minVersions: MinVersion[];
      waitMs: number;
    }
  | { kind: 'dump'; partition: number; entity: string; after: string; limit: number };

export type Answer =
  | { kind: 'counted'; active: Record<number, Record<string, number>>; lagMs: number; behind: boolean }
  // the text: what clients see of each, with commas between
  | { kind: 'listed'; items: number; lagMs: number; behind: boolean }
  // undefined: the thing is there, with a value that the wire does not carry
  | { kind: 'dumped'; states: [id: string, state: State | undefined][] }
  | { kind: 'notHere' }
  | { kind: 'notYet' };

/** How many minVersions a question may have. */
export const minVersionsMax = 100_000;
const limitMax = 100_000;
const wordLengthMax = 255;
const waitMsMax = 65_535;

/** Throws RangeError when it is longer than the other end takes. */
export const writeQuestion = (outbox: Outbox, request: number, question: Question): void => {
  const text = JSON.stringify(question);
  writeFrame(outbox, kinds.ask, request, Buffer.byteLength(text), (buffer, offset) => void buffer.write(text, offset));
};

/**
 * The question in a frame, with nothing beside what a question has; throws SyntaxError or RangeError when it is none.
 */
export const parseQuestion = ({ payload }: Frame): Question => {
  const { kind, entity, partition, partitions, offset, limit, after, minVersions, waitMs } = asRecord(
    JSON.parse(payload.toString('utf8')),
  );
  switch (kind) {
    case 'count':
      return {
        kind,
        partitions: asPartitions(partitions),
        minVersions: asMinVersions(minVersions),
        waitMs: asWait(waitMs),
      };
    case 'list':
      return {
        kind,
        ...asPlace(entity, partition),
        offset: asCount(offset),
        limit: asLimit(limit),
        minVersions: asMinVersions(minVersions),
        waitMs: asWait(waitMs),
      };
    case 'dump':
      return { kind, ...asPlace(entity, partition), after: asWord(after), limit: asLimit(limit) };
    default:
      throw new RangeError('The question is of an unknown kind');
  }
};

const asPartitions = (value: unknown): number[] => asArray(value, partitionsMax).map(asCount);

const partitionsMax = 1_024;

/** Throws RangeError when it is longer than the other end takes. */
export const writeAnswer = (outbox: Outbox, request: number, answer: Answer, text = ''): void => {
  const head = JSON.stringify(answer.kind === 'dumped' ? encodeDumped(answer) : answer);
  const headBytes = Buffer.byteLength(head);
  writeFrame(outbox, kinds.answer, request, 4 + headBytes + Buffer.byteLength(text), (buffer, offset) => {
    buffer.writeUInt32BE(headBytes, offset);
    buffer.write(head, offset + 4);
    buffer.write(text, offset + 4 + headBytes);
  });
};

const encodeDumped = ({ kind, states }: Extract<Answer, { kind: 'dumped' }>) => ({
  kind,
  states: states.map(([id, state]) => [id, encodeIfCarried(state)]),
});

const encodeIfCarried = (state: State | undefined): unknown => {
  try {
    return state && encodeState(state);
  } catch (error) {
    if (error instanceof TypeError) return undefined; // which is null in a list
    throw error;
  }
};

/** The answer in a frame and the text beside it; throws RangeError or SyntaxError when it is none. */
export const parseAnswer = ({ payload }: Frame): { answer: Answer; text: string } => {
  const headEnd = 4 + payload.readUInt32BE(0);
  if (headEnd > payload.length) throw new RangeError('The answer is cut');
  return {
    answer: asAnswer(asRecord(JSON.parse(payload.toString('utf8', 4, headEnd)))),
    text: payload.toString('utf8', headEnd),
  };
};

const asAnswer = ({ kind, active, items, states, lagMs, behind }: Record<string, unknown>): Answer => {
  switch (kind) {
    case 'counted':
      return { kind, active: asActive(active), lagMs: asNumber(lagMs), behind: asBoolean(behind) };
    case 'listed':
      return { kind, items: asCount(items), lagMs: asNumber(lagMs), behind: asBoolean(behind) };
    case 'dumped':
      return { kind, states: asStates(states) };
    case 'notHere':
    case 'notYet':
      return { kind };
    default:
      throw new RangeError('The answer is of an unknown kind');
  }
};

const asRecord = (value: unknown): Record<string, unknown> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RangeError('Expected an object');
};

const asArray = (value: unknown, most: number): unknown[] => {
  if (Array.isArray(value) && value.length <= most) return value;
  throw new RangeError(`Expected a list of at most ${most}`);
};

const asWord = (value: unknown): string => {
  if (typeof value === 'string' && value.length <= wordLengthMax) return value;
  throw new RangeError(`Expected a text of at most ${wordLengthMax} letters`);
};

const asNumber = (value: unknown): number => {
  if (typeof value === 'number' && Number.isFinite(value)) return value; // JSON knows 1e999
  throw new RangeError('Expected a number');
};

const asCount = (value: unknown): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError('Expected a whole number from 0 on');
};

const asBoolean = (value: unknown): boolean => {
  if (typeof value === 'boolean') return value;
  throw new RangeError('Expected true or false');
};

const asLimit = (value: unknown): number => {
  const limit = asCount(value);
  if (limit <= limitMax) return limit;
  throw new RangeError(`Expected a limit of at most ${limitMax}`);
};

const asWait = (value: unknown): number => Math.min(waitMsMax, Math.max(0, asNumber(value)));

const asPlace = (entity: unknown, partition: unknown) => ({ entity: asWord(entity), partition: asCount(partition) });

const asMinVersions = (value: unknown): MinVersion[] => {
  const minVersions = asArray(value, minVersionsMax);
  for (const minVersion of minVersions) {
    const [entity, id, version] = asArray(minVersion, 3);
    asWord(entity);
    asWord(id);
    asCount(version);
  }
  return minVersions as MinVersion[];
};

const asActive = (value: unknown): Record<number, Record<string, number>> => {
  const active = asRecord(value);
  for (const [partition, counts] of Object.entries(active)) {
    asCount(Number(partition));
    for (const count of Object.values(asRecord(counts))) asCount(count);
  }
  return active as Record<number, Record<string, number>>;
};

const asStates = (value: unknown): [string, State | undefined][] =>
  asArray(value, limitMax).map((pair) => {
    const [id, state] = asArray(pair, 2);
    return [asWord(id), state === null ? undefined : decodeState(state)];
  });
