import { pause } from '@muster/runtime';
import { withinDeadline } from '@muster/store';
import type { Shell, TestSystem } from '@muster/testing';
import type { Subject } from './subjects.ts';

/** A write of a record, as the change stream reports it. `version` is undefined if the write did not change it. */
export type RecordWrite = { id: string; version: number | undefined; snapshot: number | undefined };

/** The writes into a collection of records while it is watched. Only this file changes it. `whole`: none was missed. */
export type RecordWatch = {
  collection: string;
  writes: RecordWrite[];
  whole: boolean;
  stop: AbortController;
  done: Promise<void>;
};

/** Watches the records of an entity until `stopWatching`, also across restarts of the database. */
export const watchRecords = async (
  test: TestSystem,
  { collection }: Pick<Subject, 'collection'>,
): Promise<RecordWatch> => {
  const stop = new AbortController();
  const watch: RecordWatch = { collection, writes: [], whole: true, stop, done: Promise.resolve() };
  const stream = openStream(test, collection);
  await withinDeadline(stream.tryNext(), 5_000, 'open a change stream'); // later writes are not missed
  watch.done = follow(test, watch, stream);
  return watch;
};

/** Waits until the stream has brought all writes up to now, stops, and returns the writes. */
export const stopWatching = async (test: TestSystem, watch: RecordWatch): Promise<RecordWrite[]> => {
  const mark = `mark-${watch.writes.length}`;
  const records = test.shell.db.collection<{ _id: string }>(watch.collection);
  await records.insertOne({ _id: mark });
  for (
    const until = performance.now() + 10_000;
    !watch.writes.some(({ id }) => id === mark) && performance.now() < until;
    await pause(20)
  );
  await records.deleteOne({ _id: mark });
  watch.whole &&= watch.writes.some(({ id }) => id === mark);
  watch.stop.abort();
  await watch.done;
  return watch.writes.filter(({ id }) => !id.startsWith('mark-'));
};

type ChangeStream = ReturnType<Shell['db']['watch']>;
type ResumeToken = ChangeStream['resumeToken'];

const openStream = ({ shell }: TestSystem, collection: string, from?: ResumeToken): ChangeStream =>
  shell.db.collection(collection).watch([{ $match: { operationType: { $in: ['insert', 'update', 'replace'] } } }], {
    ...{ maxAwaitTimeMS: 200, batchSize: 1_000, ...(from ? { resumeAfter: from } : {}) },
  });

const follow = async (test: TestSystem, watch: RecordWatch, first: ChangeStream): Promise<void> => {
  for (
    let [stream, token] = [first, first.resumeToken as ResumeToken];
    !watch.stop.signal.aborted;
    stream = openStream(test, watch.collection, token)
  ) {
    try {
      while (!watch.stop.signal.aborted) {
        const change = await withinDeadline(stream.tryNext(), 10_000, 'read the change stream');
        token = change ? change._id : (stream.resumeToken ?? token);
        if (change) take(watch, change);
      }
    } catch (error) {
      if ((error as { code?: unknown }).code === 286) {
        watch.whole = false;
        return;
      }
      await pause(200, watch.stop.signal);
    } finally {
      void stream.close().catch(() => undefined);
    }
  }
};

const take = ({ writes }: RecordWatch, change: object) => {
  const { documentKey, fullDocument, updateDescription } = change as {
    documentKey: { _id: string };
    fullDocument?: { version?: number; snapshot?: number };
    updateDescription?: { updatedFields?: { version?: number; snapshot?: number } };
  };
  const seen = fullDocument ?? updateDescription?.updatedFields;
  writes.push({ id: documentKey._id, version: seen?.version, snapshot: seen?.snapshot });
};
