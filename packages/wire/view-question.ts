import { decodeGroup, decodeKey, encodeGroup, encodeKey, type Filter, type Group, type Key } from '@muster/model';
import {
  asArray,
  asBoolean,
  asLimit,
  asMinVersions,
  asNumber,
  asPartitions,
  asWait,
  asWord,
  limitMax,
  type MinVersion,
} from './parsed-values.ts';
import { asFilter, queryMax } from './query-question.ts';

/**
 * A question for the first groups of a view in these partitions, in the order of their keys, behind the key `after`.
 * The filters are of the field that the view counts by.
 */
export type ViewQuestion = {
  kind: 'view';
  entity: string;
  by: string; // the field that the view counts by
  measures: string[];
  partitions: number[];
  filters: Filter[];
  descending: boolean;
  after: Key | undefined;
  limit: number;
  minVersions: MinVersion[];
  waitMs: number;
};

/** The groups of those partitions that the replica serves. `more`: there are further ones. */
export type Viewed = {
  kind: 'viewed';
  partitions: number[];
  groups: Group[];
  more: boolean;
  lagMs: number;
  behind: boolean;
};

/** The maximum number of measures of a view. */
const measuresMax = 64;

/** Returns a question as JSON can carry it. */
export const encodeViewQuestion = (question: ViewQuestion): unknown => ({
  ...question,
  filters: question.filters.map((filter) => ({ ...filter, keys: filter.keys.map(encodeKey) })),
  after: question.after === undefined ? undefined : encodeKey(question.after),
});

/** Parses a question. Throws RangeError when it is invalid. */
export const asViewQuestion = (asked: Record<string, unknown>): ViewQuestion => ({
  kind: 'view',
  entity: asWord(asked.entity),
  by: asWord(asked.by),
  measures: asArray(asked.measures, measuresMax).map(asWord),
  partitions: asPartitions(asked.partitions),
  filters: asArray(asked.filters, queryMax.filters).map(asFilter),
  descending: asBoolean(asked.descending),
  after: asked.after === undefined ? undefined : decodeKey(asked.after),
  limit: asLimit(asked.limit),
  minVersions: asMinVersions(asked.minVersions),
  waitMs: asWait(asked.waitMs),
});

/** Returns an answer as JSON can carry it. */
export const encodeViewed = (answer: Viewed): unknown => ({ ...answer, groups: answer.groups.map(encodeGroup) });

/** Parses an answer. Throws RangeError when it is invalid. */
export const asViewed = (answer: Record<string, unknown>): Viewed => ({
  kind: 'viewed',
  partitions: asPartitions(answer.partitions),
  groups: asArray(answer.groups, limitMax).map(decodeGroup),
  more: asBoolean(answer.more),
  lagMs: asNumber(answer.lagMs),
  behind: asBoolean(answer.behind),
});
