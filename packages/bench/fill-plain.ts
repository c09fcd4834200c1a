import { makeUser } from '@muster/cli';
import type { Log } from '@muster/store';

const atOnce = 1_000;

/** Puts the same users into the plain service's collection. */
export const fillPlain = async (log: Log, seed: number, users: number): Promise<void> => {
  const now = new Date();
  for (let from = 0; from < users; from += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, users - from) }, (_, offset) => makeUser(seed, from + offset));
    const documents = some.map(({ id, fields }) => ({ _id: id, ...fields, createdAt: now, updatedAt: now }));
    await log.db.collection<{ _id: string }>('PlainUsers').insertMany(documents, { ordered: false });
  }
};
