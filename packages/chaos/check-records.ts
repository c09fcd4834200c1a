import { groupBy } from './fold-log.ts';

/** A write of a record, in the order of the database; no version where the write left it as it was. */
type RecordWrite = { id: string; version: number | undefined; snapshot: number | undefined };

/**
 * Which records were written more than once for a change: a version twice, an older one over a newer one, or without
 * need. Pure.
 */
export const checkRecordWrites = (writes: readonly RecordWrite[]): string[] =>
  [...groupBy(writes, ({ id }) => id)].flatMap(([id, own]) => {
    const problems: string[] = [];
    let known = 0;
    for (const { version } of own) {
      if (version === undefined) problems.push(`Users: ${id} was written without a new version after version ${known}`);
      else if (version <= known) problems.push(`Users: ${id} was written at version ${version} after version ${known}`);
      known = Math.max(known, version ?? 0);
    }
    return problems;
  });
