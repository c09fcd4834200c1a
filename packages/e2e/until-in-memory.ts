import { call, eventually } from '@muster/testing';

/** Waits until the aggregators answer for all partitions, and each of these users is read from memory. */
export const untilInMemory = async (url: string, ids: readonly string[] = []): Promise<void> => {
  const sourceOf = async (path: string) => (await call(url, 'GET', path)).headers.get('muster-source') ?? '';
  await eventually(
    () => sourceOf('/api/user/count'),
    (source) => /^aggregator/.test(source) && !source.includes('database'),
  );
  await eventually(
    () => Promise.all(ids.map((id) => sourceOf(`/api/user/${id}`))),
    (sources) => sources.every((source) => source !== 'database'), // one that is no id has none
  );
};
