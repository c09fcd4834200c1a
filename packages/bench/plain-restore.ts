import { entities } from '@muster/entities';
import { MongoClient } from 'mongodb';
import type { PlainRead } from './start-child.ts';

// Reads the documents that an aggregator restores, as a program without Muster would: all records, the events since a
// moment, one loop over both. Its argument is the task as JSON. It sends the length of the reads to its parent.

const { uri, database, since } = JSON.parse(process.argv[2] ?? '{}') as PlainRead;

await using client = new MongoClient(uri, { readConcern: { level: 'majority' } });
await client.connect();
const startedAt = performance.now();
const states = new Map<string, object>();
for (const { collection } of entities) {
  const records = await client.db(database).collection<{ _id: string }>(collection).find().toArray();
  for (const record of records) states.set(record._id, record);
}
const filter = { partition: { $gte: 0 }, at: { $gte: new Date(since) } };
const events = await client
  .db(database)
  .collection<{ entityId: string; data: object }>('Events')
  .find(filter)
  .toArray();
for (const { entityId, data } of events) states.set(entityId, { ...states.get(entityId), ...data });
process.send?.({ readMs: performance.now() - startedAt, states: states.size });
