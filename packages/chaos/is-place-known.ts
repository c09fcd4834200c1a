import { withinDeadline } from '@muster/store';
import type { Shell } from '@muster/testing';

/** Whether the server can still resume a change stream after this token. Throws when the database does not answer. */
export const isPlaceKnown = async ({ db }: Pick<Shell, 'db'>, resumeAfter: unknown): Promise<boolean> => {
  const stream = db.watch([], { resumeAfter, maxAwaitTimeMS: 10 });
  try {
    await withinDeadline(stream.tryNext(), 5_000, 'open a change stream');
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 286) throw error; // ChangeStreamHistoryLost
    return false;
  } finally {
    void stream.close().catch(() => undefined);
  }
};
