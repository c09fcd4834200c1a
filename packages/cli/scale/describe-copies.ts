import { type Copies, describePartitions } from '@muster/supervisor';

/** Returns the partitions that an aggregator serves. Pure. */
export const partitionsOf = ({ replicas }: Copies, name: string): number[] =>
  replicas.flatMap((names, partition) => (names.includes(name) ? [partition] : []));

/** States how many copies the partitions have: `32 partitions, each served by 2 of 3 aggregators`. Pure. */
export const describeCopies = ({ replicas, live }: Copies): string => {
  const counts = [...new Set(replicas.map((names) => names.length))].sort((a, b) => b - a);
  const of = `of ${live.length} ${live.length === 1 ? 'aggregator' : 'aggregators'}`;
  if (counts.length === 1) return `${replicas.length} partitions, each served by ${counts[0]} ${of}`;
  const groups = counts.map((count) => {
    const these = replicas.flatMap((names, partition) => (names.length === count ? [partition] : []));
    return `${these.length} served by ${count} (${describePartitions(these)})`;
  });
  return `${replicas.length} partitions: ${groups.join(', ')} ${of}`;
};

/** Formats rows as lines with aligned columns. The last column is not padded. Pure. */
export const table = (rows: readonly string[][]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const padded = (row: readonly string[]) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + 2)));
  return rows.map((row) => `  ${padded(row).join('')}`);
};
