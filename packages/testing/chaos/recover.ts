import { listMembers } from '@muster/log';
import { pause } from '@muster/runtime';
import { call } from '../call.ts';
import type { Arena } from './arena.ts';

/** What a Muster that is whole again lacks; nothing when each partition is served by as many as can be, and reads come from memory. */
export const findLacking = async ({ test }: Pick<Arena, 'test'>, copies: number): Promise<string[]> => {
  const { system, log, urls } = test;
  const down = [...system.processes.values()].filter(({ status }) => status !== 'ready').map(({ name }) => `${name} is not ready`);
  if (down.length > 0) return down;
  const members = (await listMembers(log, 2_000)).filter(({ _id }) => system.aggregators.includes(_id));
  const newest = Math.max(...members.map(({ heartbeatAt }) => heartbeatAt.getTime()));
  const serving = members.filter(({ state, heartbeatAt }) => state === 'serving' && heartbeatAt.getTime() > newest - 3_000);
  if (serving.length < system.aggregators.length) return [`${serving.length} of ${system.aggregators.length} aggregators serve`];
  const wanted = Math.min(copies, serving.length);
  const thin = Array.from({ length: partitions }, (_, partition) => partition).filter(
    (partition) => serving.filter((member) => member.partitions.includes(partition)).length < wanted,
  );
  if (thin.length > 0) return [`partitions ${thin.join(', ')} have fewer than ${wanted} copies`];
  const counts = await Promise.all(urls.map((url) => call(url, 'GET', '/api/user/count', { signal: AbortSignal.timeout(3_000) })));
  const sources = counts.map(({ headers, status }) => headers.get('muster-source') ?? String(status));
  return sources.filter((source) => !source.includes('aggregator') || source.includes('database')).map((source) => `a gateway counts from ${source}`);
};

const partitions = 32;

/** Waits until it is whole; the milliseconds that took, or what it lacks after `withinMs`. */
export const untilWhole = async (arena: Pick<Arena, 'test'>, copies: number, withinMs: number): Promise<{ ms: number } | { lacking: string[] }> => {
  const from = performance.now();
  for (;;) {
    const lacking = await findLacking(arena, copies).catch((error) => [error instanceof Error ? error.message : String(error)]);
    const ms = performance.now() - from;
    if (lacking.length === 0) return { ms };
    if (ms > withinMs) return { lacking };
    await pause(50);
  }
};
