import { MongoServerError } from 'mongodb';
import type { SiteDocument } from './documents.ts';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

// The sites that this Muster follows, by their URL, and how far it has read each of them.

/**
 * Adds a site to those that are followed. Returns false if it is there already. Throws the driver's error, and
 * DeadlineError after `deadlineMs` milliseconds.
 */
export const addSite = async (log: Log, url: string, addedAt: Date, deadlineMs: number): Promise<boolean> => {
  const adding = handlesOf(log).sites.insertOne({ _id: url, addedAt, ...unread });
  try {
    await withinDeadline(adding, deadlineMs, `add the site ${url}`);
    return true;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === duplicateKey) return false;
    throw error;
  }
};

const unread = { events: 0, adopted: 0, refused: 0 };
const duplicateKey = 11000;

/** Removes a site. Returns whether it was there. Throws as `addSite`. */
export const removeSite = async (log: Log, url: string, deadlineMs: number): Promise<boolean> => {
  const removing = handlesOf(log).sites.deleteOne({ _id: url });
  return (await withinDeadline(removing, deadlineMs, `remove the site ${url}`)).deletedCount > 0;
};

/** Returns the sites in the order of their URLs. Throws as `addSite`. */
export const listSites = async (log: Log, deadlineMs: number): Promise<SiteDocument[]> => {
  const found = handlesOf(log).sites.find().sort({ _id: 1 }).toArray();
  return withinDeadline(found, deadlineMs, 'read the sites');
};

/** A site as somebody let it be read: a site that is added again or read again is another one. */
export type SiteReading = { readonly url: string; readonly addedAt: Date; readonly rereads: number };

/**
 * Notes how far a site was read, unless it was removed or is to be read again since then: a late note must not bring
 * back its position. Without a position, the next follower begins at the first event. Throws as `addSite`.
 */
export const noteSite = async (
  log: Log,
  { url, addedAt, rereads }: SiteReading,
  { position, ...known }: Partial<Omit<SiteDocument, '_id' | 'addedAt'>>,
  deadlineMs: number,
): Promise<void> => {
  const same = { _id: url, addedAt, rereads: rereads === 0 ? { $exists: false } : rereads };
  // without a position, an earlier one must not stay: it may be of another log
  const change =
    position === undefined ? { $set: known, $unset: { position: 1 as const } } : { $set: { ...known, position } };
  const noting = handlesOf(log).sites.updateOne(same, change);
  await withinDeadline(noting, deadlineMs, `note how far the site ${url} was read`);
};

/** Lets the next follower read a site from its first event. Returns whether the site was there. Throws as `addSite`. */
export const rereadSite = async (log: Log, url: string, deadlineMs: number): Promise<boolean> => {
  const { matchedCount } = await withinDeadline(
    handlesOf(log).sites.updateOne(
      { _id: url },
      { $set: unread, $unset: { position: 1, log: 1 }, $inc: { rereads: 1 } },
    ),
    deadlineMs,
    `read the site ${url} again`,
  );
  return matchedCount > 0;
};
