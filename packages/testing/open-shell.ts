import type {
  AggregatorDocument,
  CheckpointDocument,
  DeadLetterDocument,
  SettingsDocument,
  StoredEvent,
} from '@muster/store';
import {
  type Collection,
  type Db,
  MongoClient,
  ReadConcern,
  type ResumeToken,
  type Timestamp,
  WriteConcern,
} from 'mongodb';

/**
 * The database as an operator sees it in the mongo shell, past the store: for tests that damage data by hand, and for
 * checks that must not rely on the code that they check. Only tests and the fault harness may use it.
 */
export type Shell = AsyncDisposable & {
  db: Db;
  events: Collection<StoredEvent>;
  checkpoints: Collection<ShownCheckpoint>;
  aggregators: Collection<AggregatorDocument>;
  deadLetters: Collection<DeadLetterDocument>;
  settings: Collection<SettingsDocument>;
};

/** A checkpoint as the shell shows it. */
export type ShownCheckpoint = Omit<CheckpointDocument, 'position'> & {
  resumeToken: ResumeToken;
  clusterTime: Timestamp;
};

/**
 * A connection of its own to the database `database` at `uri`; connects at the first call. It reads and writes at
 * majority and never repeats a call by itself, so that a test sees each failure.
 */
export const openShell = ({ uri, database = 'muster' }: { uri: string; database?: string }): Shell => {
  const client = new MongoClient(uri, {
    appName: 'test-shell',
    retryWrites: false,
    retryReads: false,
    serverSelectionTimeoutMS: 1_000,
    connectTimeoutMS: 2_000,
    socketTimeoutMS: 20_000,
    ignoreUndefined: true,
  });
  const db = client.db(database, {
    readConcern: new ReadConcern('majority'),
    writeConcern: new WriteConcern('majority', undefined, true),
  });
  return {
    db,
    events: db.collection('Events'),
    checkpoints: db.collection('Checkpoints'),
    aggregators: db.collection('Aggregators'),
    deadLetters: db.collection('DeadLetters'),
    settings: db.collection('Settings'),
    [Symbol.asyncDispose]: () => client.close(true),
  };
};
