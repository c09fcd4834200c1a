// Checks of values that were received as JSON, because a peer may be broken or of another release. Each one returns its
// value, and throws RangeError when it is another one.

/** A version that the replica must have applied before it answers. */
export type MinVersion = [entity: string, id: string, version: number];

/** The maximum number of minimum versions in a question. */
export const minVersionsMax = 100_000;

/** The maximum number of things in an answer. */
export const limitMax = 100_000;
const partitionsMax = 1_024;
const wordLengthMax = 255;
const waitMsMax = 65_535;

export const asPartitions = (value: unknown): number[] => asArray(value, partitionsMax).map(asCount);

export const asRecord = (value: unknown): Record<string, unknown> => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RangeError('expected an object');
};

export const asArray = (value: unknown, most: number): unknown[] => {
  if (Array.isArray(value) && value.length <= most) return value;
  throw new RangeError(`expected a list of at most ${most} items`);
};

export const asWord = (value: unknown): string => {
  if (typeof value === 'string' && value.length <= wordLengthMax) return value;
  throw new RangeError(`expected a text of at most ${wordLengthMax} characters`);
};

export const asNumber = (value: unknown): number => {
  if (typeof value === 'number' && Number.isFinite(value)) return value; // JSON allows 1e999, which is Infinity
  throw new RangeError('expected a number');
};

export const asCount = (value: unknown): number => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError('expected an integer of at least 0');
};

export const asBoolean = (value: unknown): boolean => {
  if (typeof value === 'boolean') return value;
  throw new RangeError('expected true or false');
};

export const asLimit = (value: unknown): number => {
  const limit = asCount(value);
  if (limit <= limitMax) return limit;
  throw new RangeError(`expected a limit of at most ${limitMax}`);
};

export const asWait = (value: unknown): number => Math.min(waitMsMax, Math.max(0, asNumber(value)));

export const asPlace = (entity: unknown, partition: unknown) => ({
  entity: asWord(entity),
  partition: asCount(partition),
});

export const asMinVersions = (value: unknown): MinVersion[] => {
  const minVersions = asArray(value, minVersionsMax);
  for (const minVersion of minVersions) {
    const [entity, id, version] = asArray(minVersion, 3);
    asWord(entity);
    asWord(id);
    asCount(version);
  }
  return minVersions as MinVersion[];
};
