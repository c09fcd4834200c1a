import type { ClientSession, Document, Long } from 'mongodb';
import { handlesOf, type Log } from './open-log.ts';
import { withinDeadline } from './within-deadline.ts';

/** What to read: a collection, and the `find` command's filter and sort. `what` completes the message "Cannot …". */
export type RawRead = { collection: string; filter: Document; sort?: Document; batchMs: number; what: string };

type Reply = { cursor: Long; documents: readonly Buffer[] };

const batchSize = 5_000; // a reply of this size is split into documents in about 2 ms

/**
 * Streams documents in their stored form, in batches of 5,000 or what fits into one reply of the server. While the
 * caller uses a batch, the next one is on its way. Throws DeadlineError when a batch takes longer than `batchMs`
 * milliseconds. The driver's own cursor decodes each document, which takes several times as long.
 */
export async function* readRaw(log: Log, read: RawRead): AsyncGenerator<readonly Buffer[]> {
  const session = handlesOf(log).client.startSession({ causalConsistency: false });
  let reply: Reply | undefined;
  try {
    reply = await within(read, find(log, session, read));
    while (!reply.cursor.isZero()) {
      const next = within(read, getMore(log, session, read, reply.cursor));
      next.catch(() => undefined); // the caller may stop before it is awaited
      yield reply.documents;
      reply = await next;
    }
    yield reply.documents;
  } finally {
    void close(log, session, read, reply?.cursor).catch(() => undefined);
  }
}

const within = (read: RawRead, reply: Promise<Reply>) => withinDeadline(reply, read.batchMs, read.what);

// a cursor's id must go back as the long that it is, also if a number could hold it
const options = { promoteLongs: false };

const find = async (log: Log, session: ClientSession, { collection, filter, sort }: RawRead): Promise<Reply> => {
  const command = { find: collection, filter, ...(sort && { sort }), batchSize, readConcern: { level: 'majority' } };
  const { db } = handlesOf(log);
  const { cursor } = await db.command(command, { ...options, session, fieldsAsRaw: { firstBatch: true } });
  return { cursor: cursor.id, documents: cursor.firstBatch };
};

const getMore = async (log: Log, session: ClientSession, { collection }: RawRead, id: Long): Promise<Reply> => {
  const command = { getMore: id, collection, batchSize };
  const { db } = handlesOf(log);
  const { cursor } = await db.command(command, { ...options, session, fieldsAsRaw: { nextBatch: true } });
  return { cursor: cursor.id, documents: cursor.nextBatch };
};

const close = async (log: Log, session: ClientSession, { collection }: RawRead, id: Long | undefined) => {
  if (id && !id.isZero()) await handlesOf(log).db.command({ killCursors: collection, cursors: [id] }, { session });
  await session.endSession();
};
