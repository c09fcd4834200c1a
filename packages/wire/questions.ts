import { decodeState, encodeState, type State } from '@muster/model';
import { type Frame, type Outbox, writeFrame } from './frames.ts';
import { kinds } from './messages.ts';
import {
  asArray,
  asBoolean,
  asCount,
  asLimit,
  asMinVersions,
  asNumber,
  asPartitions,
  asPlace,
  asRecord,
  asWait,
  asWord,
  limitMax,
  type MinVersion,
} from './parsed-values.ts';
import {
  asQueried,
  asQueryQuestion,
  encodeQueried,
  encodeQueryQuestion,
  type Queried,
  type QueryQuestion,
} from './query-question.ts';
import {
  asViewed,
  asViewQuestion,
  encodeViewed,
  encodeViewQuestion,
  type Viewed,
  type ViewQuestion,
} from './view-question.ts';

// Questions and answers are JSON; an answer also has a text. All received values are checked, because a peer may be
// broken or of another release.

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
  | { kind: 'dump'; partition: number; entity: string; after: string; limit: number }
  | QueryQuestion
  | ViewQuestion;

export type Answer =
  | { kind: 'counted'; active: Record<number, Record<string, number>>; lagMs: number; behind: boolean }
  // the text: what clients see of each thing, separated by commas
  | { kind: 'listed'; items: number; lagMs: number; behind: boolean }
  // undefined: the thing exists, but its state has a value that the wire cannot carry
  | { kind: 'dumped'; states: [id: string, state: State | undefined][] }
  | Viewed
  | Queried // the text: what clients see of the things, one behind the other
  | { kind: 'notHere' }
  | { kind: 'notYet' };

/** Writes a question. Throws RangeError when it is longer than the other end accepts. */
export const writeQuestion = (outbox: Outbox, request: number, question: Question): void => {
  const text = JSON.stringify(encodeQuestion(question));
  writeFrame(outbox, kinds.ask, request, Buffer.byteLength(text), (buffer, offset) => void buffer.write(text, offset));
};

const encodeQuestion = (question: Question): unknown => {
  if (question.kind === 'query') return encodeQueryQuestion(question);
  return question.kind === 'view' ? encodeViewQuestion(question) : question;
};

/** Parses a question, and drops unknown fields. Throws SyntaxError or RangeError when it is invalid. */
export const parseQuestion = ({ payload }: Frame): Question => {
  const asked = asRecord(JSON.parse(payload.toString('utf8')));
  const { kind, entity, partition, partitions, offset, limit, after, minVersions, waitMs } = asked;
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
    case 'query':
      return asQueryQuestion(asked);
    case 'view':
      return asViewQuestion(asked);
    default:
      throw new RangeError('the question has an unknown kind');
  }
};

/** Writes an answer and its text. Throws RangeError when it is longer than the other end accepts. */
export const writeAnswer = (outbox: Outbox, request: number, answer: Answer, text = ''): void => {
  const head = JSON.stringify(encodeAnswer(answer));
  const headBytes = Buffer.byteLength(head);
  writeFrame(outbox, kinds.answer, request, 4 + headBytes + Buffer.byteLength(text), (buffer, offset) => {
    buffer.writeUInt32BE(headBytes, offset);
    buffer.write(head, offset + 4);
    buffer.write(text, offset + 4 + headBytes);
  });
};

const encodeAnswer = (answer: Answer): unknown => {
  if (answer.kind === 'dumped') return encodeDumped(answer);
  if (answer.kind === 'viewed') return encodeViewed(answer);
  return answer.kind === 'queried' ? encodeQueried(answer) : answer;
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

const asAnswer = (answer: Record<string, unknown>): Answer => {
  const { kind, active, items, states, lagMs, behind } = answer;
  switch (kind) {
    case 'counted':
      return { kind, active: asActive(active), lagMs: asNumber(lagMs), behind: asBoolean(behind) };
    case 'listed':
      return { kind, items: asCount(items), lagMs: asNumber(lagMs), behind: asBoolean(behind) };
    case 'dumped':
      return { kind, states: asStates(states) };
    case 'queried':
      return asQueried(answer);
    case 'viewed':
      return asViewed(answer);
    case 'notHere':
    case 'notYet':
      return { kind };
    default:
      throw new RangeError('the answer has an unknown kind');
  }
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
