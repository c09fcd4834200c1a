import { isServing } from '@muster/placement';
import { defaultLeaseMs, pause } from '@muster/runtime';
import { type Inspection, inspectCopies } from '@muster/supervisor';
import { call } from '@muster/testing';
import type { Arena } from './arena.ts';

/**
 * Returns what a Muster lacks to be recovered. Empty when all processes are ready, each partition has its copies, and
 * COUNT comes from memory at each gateway. Throws when the database or a gateway does not answer.
 */
export const findLacking = async ({ test }: Pick<Arena, 'test'>, copies: number): Promise<string[]> => {
  const { system, log, urls } = test;
  const down = [...system.processes.values()]
    .filter(({ status }) => status !== 'ready')
    .map(({ name }) => `${name} is not ready`);
  if (down.length > 0) return down;
  const thin = findThin(await inspectCopies(log, 2_000), system.aggregators, copies);
  if (thin.length > 0) return thin;
  const counts = await Promise.all(
    urls.map((url) => call(url, 'GET', '/api/user/count', { signal: AbortSignal.timeout(3_000) })),
  );
  const sources = counts.map(({ headers, status }) => headers.get('muster-source') ?? String(status));
  return sources
    .filter((source) => !source.includes('aggregator') || source.includes('database'))
    .map((source) => `a gateway answers COUNT from ${source}`);
};

/** Returns a problem if some of these aggregators do not serve, or if partitions have too few copies. Pure. */
export const findThin = (
  { databaseNow, members, partitions }: Inspection,
  names: readonly string[],
  copies: number,
): string[] => {
  const serving = members.filter(
    (member) => names.includes(member.name) && isServing(member, databaseNow, defaultLeaseMs),
  );
  if (serving.length < names.length) return [`${serving.length} of ${names.length} aggregators serve`];
  const wanted = Math.min(copies, serving.length);
  const copiesOf = (partition: number) => serving.filter((member) => member.partitions.includes(partition)).length;
  const thin = Array.from({ length: partitions }, (_, partition) => partition).filter(
    (partition) => copiesOf(partition) < wanted,
  );
  return thin.length > 0 ? [`partitions ${thin.join(', ')} have fewer than ${wanted} copies`] : [];
};

/**
 * Observes for `lookMs` milliseconds how the others take over from an aggregator that is away. Returns after how many
 * milliseconds the others had all copies and kept them, or what they lack at the end.
 */
export const untilReplaced = async (
  { test }: Pick<Arena, 'test'>,
  away: string,
  copies: number,
  lookMs: number,
): Promise<{ ms: number } | { lacking: string[] }> => {
  const from = performance.now();
  const others = test.system.aggregators.filter((name) => name !== away);
  let lacking: string[] = [];
  let whole: number | undefined;
  for (; performance.now() - from < lookMs; await pause(50)) {
    lacking = findThin(await inspectCopies(test.log, 2_000), others, copies);
    whole = lacking.length > 0 ? undefined : (whole ?? performance.now() - from);
  }
  return whole === undefined ? { lacking } : { ms: whole };
};

/** Waits until it has recovered. Returns how many milliseconds that took, or what it lacks after `withinMs`. */
export const untilWhole = async (
  arena: Pick<Arena, 'test'>,
  copies: number,
  withinMs: number,
): Promise<{ ms: number } | { lacking: string[] }> => {
  const from = performance.now();
  for (;;) {
    const lacking = await findLacking(arena, copies).catch((error) => [
      error instanceof Error ? error.message : String(error),
    ]);
    const ms = performance.now() - from;
    if (lacking.length === 0) return { ms };
    if (ms > withinMs) return { lacking };
    await pause(50);
  }
};
