import { pause } from '@muster/runtime';
import { MongoClient } from 'mongodb';

/** A bare change stream of the driver on the events. */
export type Watch = AsyncDisposable & {
  /** When the event of this thing with this version came, by performance.now(). NaN when it did not come in time. */
  until: (id: string, version: number, withinMs: number) => Promise<number>;
};

/** Opens a change stream on the inserts into `Events`, as a program without Muster would. */
export const openWatch = async (uri: string, database: string): Promise<Watch> => {
  const client = new MongoClient(uri, { readConcern: { level: 'majority' } });
  const events = client.db(database).collection<{ entityId: string; version: number }>('Events');
  const stream = events.watch([{ $match: { operationType: 'insert' } }]);
  const seen = new Map<string, number>();
  stream.on('change', (change) => {
    if (change.operationType !== 'insert') return;
    seen.set(`${change.fullDocument.entityId} ${change.fullDocument.version}`, performance.now());
  });
  stream.on('error', () => undefined); // then no event is seen, and the figures show it
  await pause(openMs);
  const until = async (id: string, version: number, withinMs: number) => {
    const key = `${id} ${version}`;
    for (const untilMs = performance.now() + withinMs; performance.now() < untilMs; await pause(1)) {
      const at = seen.get(key);
      if (at !== undefined) return at;
    }
    return Number.NaN;
  };
  const close = async () => {
    await stream.close();
    await client.close(true);
  };
  return { until, [Symbol.asyncDispose]: close };
};

const openMs = 1_000; // the stream is open by then
