import { MongoClient } from 'mongodb';

/** Drops the benchmark's database on an external server. */
export const dropDatabase = async (uri: string, database: string): Promise<void> => {
  await using client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  await client.db(database).dropDatabase();
};
