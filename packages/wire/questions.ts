import { decodeState, encodeState, type State } from '@muster/model';
import { type Frame, type Outbox, writeFrame } from './frames.ts';
import { kinds } from './messages.ts';

// Questions and answers are JSON; an answer also has a text. All received values are checked, because a peer may be
// broken or of another release.

/** A version that the replica must have applied before it answers. */
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
  // the text: what clients see of each thing, separated by commas
  | { kind: 'listed'; items: number; lagMs: number; behind: boolean }
  // undefined: the thing exists, but its state has a value that the wire cannot carry
  | { kind: 'dumped'; states: [id: string, state: State | undefined][] }
  | { kind: 'notHere' }
  | { kind: 'notYet' };

/** The maximum number of minimum versions in a question. */
export const minVersionsMax = 100_000;
const limitMax = 100_000;
const wordLengthMax = 255;
const waitMsMax = 65_535;

/** Writes a question. Throws RangeError when it is longer than the other end accepts. */
export const writeQuestion = (outbox: Outbox, request: number, question: Question): void => {
  const text = JSON.stringify(question);
  writeFrame(outbox, kinds.ask, request, Buffer.byteLength(text), (buffer, offset) => void buffer.write(text, offset));
};

/** Parses a question, and drops unknown fields. Throws SyntaxError or RangeError when it is invalid. */
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
      throw new RangeError('the question has an unknown kind');
  }
};

const asPartitions = (value: unknown): number[] => asArray(value, partitionsMax).map(asCount);

const partitionsMax = 1_024;

/** Writes an answer and its text. Throws RangeError when it is longer than the other end accepts. */
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
  states: states.map(([id, state]) => [id, encodeIfPossible(state)]),
});

const encodeIfPossible = (state: State | undefined): unknown => {
  try {
    return state && encodeState(state);
  } catch (error) {
    if (error instanceof TypeError) return undefined; // JSON writes undefined as null in a list
    throw error;
  }
};

/** Parses an answer and its text. Throws RangeError or SyntaxError when it is invalid. */
export const parseAnswer = ({ payload }: Frame): { answer: Answer; text: string } => {
  const headEnd = 4 + payload.readUInt32BE(0);
  if (headEnd > payload.length) throw new RangeError('the answer is truncated');
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
      throw new RangeError('the answer has an unknown kind');
  }
};

const asRecord = (value: unknown): Record<string, unknown> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RangeError('expected an object');
};

const asArray = (value: unknown, most: number): unknown[] => {
  if (Array.isArray(value) && value.length <= most) return value;
  throw new RangeError(`expected a list of at most ${most} items`);
};

const asWord = (value: unknown): string => {
  if (typeof value === 'string' && value.length <= wordLengthMax) return value;
  throw new RangeError(`expected a text of at most ${wordLengthMax} characters`);
};

const asNumber = (value: unknown): number => {
  if (typeof value === 'number' && Number.isFinite(value)) return value; // JSON allows 1e999, which is Infinity
  throw new RangeError('expected a number');
};

const asCount = (value: unknown): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError('expected an integer of at least 0');
};

const asBoolean = (value: unknown): boolean => {
  if (typeof value === 'boolean') return value;
  throw new RangeError('expected true or false');
};

const asLimit = (value: unknown): number => {
  const limit = asCount(value);
  if (limit <= limitMax) return limit;
  throw new RangeError(`expected a limit of at most ${limitMax}`);
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
