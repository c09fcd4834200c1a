import { groupBy } from './fold-log.ts';

/** A write of a record, in the order of the database. `version` is undefined if the write did not change it. */
type RecordWrite = { id: string; version: number | undefined; snapshot: number | undefined };

/**
 * Returns a problem for each needless write of a record: the same version twice, an older version over a newer one, or
 * no new version. Pure.
 */
export const checkRecordWrites = (writes: readonly RecordWrite[], collection: string): string[] =>
  [...groupBy(writes, ({ id }) => id)].flatMap(([id, own]) => {
    const problems: string[] = [];
    let known = 0;
    for (const { version } of own) {
      if (version === undefined)
        problems.push(`${collection}: ${id} was written without a new version after version ${known}`);
      else if (version <= known)
        problems.push(`${collection}: ${id} was written at version ${version} after version ${known}`);
      known = Math.max(known, version ?? 0);
    }
    return problems;
  });
