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
 * Direct access to the database, as in the mongo shell, without the store. It is for tests that damage data, and for
 * checks that must not depend on the code that they check. Only tests and the fault harness may use it.
 */
export type Shell = AsyncDisposable & {
  db: Db;
  events: Collection<StoredEvent>;
  checkpoints: Collection<ShownCheckpoint>;
  aggregators: Collection<AggregatorDocument>;
  deadLetters: Collection<DeadLetterDocument>;
  settings: Collection<SettingsDocument>;
};

/** A checkpoint in its stored form. */
export type ShownCheckpoint = Omit<CheckpointDocument, 'position'> & {
  resumeToken: ResumeToken;
  clusterTime: Timestamp;
};

/**
 * Opens a separate connection to the database `database` at `uri`, which connects at the first call. It uses majority
 * reads and writes and never retries, so that a test sees each failure.
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
