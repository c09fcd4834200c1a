import type { Format } from '@muster/model';

/** The media type of JSON:API. */
export const jsonApiType = 'application/vnd.api+json';

/** The media type of server-sent events. */
export const streamType = 'text/event-stream';

/** Whether a client gets JSON:API. `modified`: it wants that only with an extension, of which there are none. */
export type Wanted = 'yes' | 'no' | 'modified';

/**
 * What a client wants by its header `Accept`. `isSent`: it sends JSON:API. `format`: what clients get at this address
 * who do not mind. Pure.
 */
export const wantedIn = (accept: string, isSent: boolean, format: Format): Wanted => {
  const ranges = accept.split(',');
  const named = ranges.filter((range) => mediaTypeOf(range) === jsonApiType && weightOf(range) > 0);
  if (named.length > 0 && !named.some(isPlain)) return 'modified';
  return format === 'json-api' ? asOwn(ranges) : asTranslation(ranges, isSent);
};

/**
 * Whether a client gets server-sent events where there are also answers of the type `other`. It must name the stream,
 * since a client that accepts anything cannot read one that never ends. If it names both with the same weight, it gets
 * the first one. Pure.
 */
export const wantsStream = (accept: string, other: string): boolean => {
  const ranges = accept.split(',');
  const types = ranges.map(mediaTypeOf);
  const [streamAt, otherAt] = [types.indexOf(streamType), types.indexOf(other)];
  const stream = weightOfAny(ranges, [streamType]);
  const least = weightFor(ranges, other);
  return stream > 0 && (stream > least || (stream === least && (otherAt === -1 || streamAt < otherAt)));
};

/** The better of the two formats for the client, and JSON:API if both are equal, or if the client takes neither. */
const asOwn = (ranges: readonly string[]): Wanted => {
  const plain = ranges.filter(isPlain);
  return weightFor(plain, jsonApiType) >= weightFor(ranges, 'application/json') ? 'yes' : 'no';
};

/** JSON:API only for clients that name it and do not prefer another one, or that send it and accept anything. */
const asTranslation = (ranges: readonly string[], isSent: boolean): Wanted => {
  const preferred = weightOfAny(ranges.filter(isPlain), [jsonApiType]);
  if (preferred > 0) return preferred >= weightOfAny(ranges, ['application/json', '*/*']) ? 'yes' : 'no';
  return isSent && ranges.every((range) => ['', '*/*'].includes(mediaTypeOf(range))) ? 'yes' : 'no';
};

/** The weight of a media type: that of its own range, or else of the widest one that has it (RFC 9110, 12.5.1). */
const weightFor = (ranges: readonly string[], type: string): number => {
  for (const range of [type, 'application/*', '*/*', '']) {
    const found = ranges.filter((one) => mediaTypeOf(one) === range);
    if (found.length > 0) return Math.max(...found.map(weightOf));
  }
  return 0;
};

const weightOfAny = (ranges: readonly string[], types: readonly string[]): number =>
  Math.max(0, ...ranges.filter((range) => types.includes(mediaTypeOf(range))).map(weightOf));

/** Whether a media type has no parameter that JSON:API forbids. A profile may be ignored, an extension not. Pure. */
export const isPlain = (range: string): boolean =>
  range
    .split(';')
    .slice(1)
    .every((parameter) => /^\s*(q|profile)\s*=/.test(parameter) || parameter.trim() === '');

const weightOf = (range: string): number => Number(/;\s*q\s*=\s*([\d.]+)/i.exec(range)?.[1] ?? 1);

/** The media type of a range or a content type, without parameters, in small letters. Pure. */
export const mediaTypeOf = (range: string): string => (range.split(';')[0] ?? '').trim().toLowerCase();
