import type { Entity } from '@muster/model';
import { type Collection, type Db, MongoClient, ReadConcern, ReadPreference, WriteConcern } from 'mongodb';
import type {
  AggregatorDocument,
  DeadLetterDocument,
  RecordDocument,
  SettingsDocument,
  StoredCheckpoint,
  StoredEvent,
} from './documents.ts';
import { type LogGuard, openLogGuard } from './log-guard.ts';
import { withinDeadline } from './within-deadline.ts';

const handles = Symbol('handles');

/**
 * A log and what belongs to it, in one database of a MongoDB. Opaque: only the store can reach the database through it.
 * Disposing it closes the connections.
 */
export type Log = AsyncDisposable & {
  /** The name of the database. */
  readonly database: string;
  readonly [handles]: Handles;
};

type Handles = {
  guard: LogGuard;
  client: MongoClient;
  db: Db;
  events: Collection<StoredEvent>;
  checkpoints: Collection<StoredCheckpoint>;
  aggregators: Collection<AggregatorDocument>;
  deadLetters: Collection<DeadLetterDocument>;
  settings: Collection<SettingsDocument>;
};

export type LogOptions = { uri: string; database: string; appName: string; monitorCommands?: boolean };

/**
 * Opens the log in the database `database` at `uri`; connects at the first call. Every call reads from the primary at
 * majority and writes at majority, journaled, whatever the URI says. The driver never writes twice by itself: whether
 * an event is stored is decided in append-events.
 */
export const openLog = ({ uri, database, appName, monitorCommands = false }: LogOptions): Log => {
  const client = new MongoClient(uri, {
    appName,
    monitorCommands,
    retryWrites: false,
    retryReads: false,
    maxPoolSize: 20,
    serverSelectionTimeoutMS: 1_000,
    connectTimeoutMS: 2_000,
    socketTimeoutMS: 20_000,
    waitQueueTimeoutMS: 1_000,
    ignoreUndefined: true,
  });
  const db = client.db(database, concerns); // not on the client: there, a word in the URI would win
  return {
    database,
    [handles]: {
      guard: openLogGuard(),
      client,
      db,
      events: db.collection('Events'),
      checkpoints: db.collection('Checkpoints'),
      aggregators: db.collection('Aggregators'),
      deadLetters: db.collection('DeadLetters'),
      settings: db.collection('Settings'),
    },
    [Symbol.asyncDispose]: () =>
      withinDeadline(client.close(true), 2_000, 'close the connections').catch(() => undefined),
  };
};

const concerns = {
  readPreference: ReadPreference.primary,
  readConcern: new ReadConcern('majority'),
  writeConcern: new WriteConcern('majority', undefined, true),
};

/**
 * Connects, where that has not happened yet. Throws what the driver throws, or DeadlineError after `deadlineMs`
 * milliseconds. A log whose first connection failed stays closed until this is called.
 */
export const connect = async (log: Log, deadlineMs: number): Promise<void> => {
  await withinDeadline(log[handles].client.connect(), deadlineMs, 'connect');
};

/** For the store only: the collections behind a log. */
export const handlesOf = (log: Log): Handles => log[handles];

/** For the store only: the collection of an entity's records. */
export const recordsOf = (log: Log, entity: Entity): Collection<RecordDocument> =>
  log[handles].db.collection<RecordDocument>(entity.collection);
