import { makeUser } from '@muster/cli';
import { MongoClient } from 'mongodb';

/** The database of the plain service. */
export type PlainPlace = { uri: string; database: string };

const batchUsers = 1_000;

/** Inserts the same users into the plain service's collection. */
export const fillPlain = async ({ uri, database }: PlainPlace, seed: number, users: number): Promise<void> => {
  await using client = new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 });
  const plainUsers = client.db(database).collection<{ _id: string }>('PlainUsers');
  const now = new Date();
  for (let from = 0; from < users; from += batchUsers) {
    const some = Array.from({ length: Math.min(batchUsers, users - from) }, (_, offset) =>
      makeUser(seed, from + offset),
    );
    const documents = some.map(({ id, fields }) => ({ _id: id, ...fields, createdAt: now, updatedAt: now }));
    await plainUsers.insertMany(documents, { ordered: false });
  }
};
