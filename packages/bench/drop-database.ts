import { MongoClient } from 'mongodb';

/** Removes the database that a bench made on a server that it was given. */
export const dropDatabase = async (uri: string, database: string): Promise<void> => {
  await using client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  await client.db(database).dropDatabase();
};
