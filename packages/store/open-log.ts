import type { Entity } from '@muster/model';
import { type Collection, type Db, MongoClient, ReadConcern, ReadPreference, WriteConcern } from 'mongodb';
import type {
  AggregatorDocument,
  DeadLetterDocument,
  KeyDocument,
  RecordDocument,
  SettingsDocument,
  SiteDocument,
  StoredCheckpoint,
  StoredEvent,
} from './documents.ts';
import { type LogGuard, openLogGuard } from './log-guard.ts';
import { withinDeadline } from './within-deadline.ts';

const handles = Symbol('handles');

/**
 * A connection to one database: the log, and the collections derived from it. Opaque: only the store reaches the
 * database through it. Disposing it closes the connections.
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
  keys: Collection<KeyDocument>;
  sites: Collection<SiteDocument>;
};

export type LogOptions = { uri: string; database: string; appName: string; monitorCommands?: boolean };

/**
 * Opens the log in the database `database` at `uri`. The first call connects. All calls read from the primary with read
 * concern majority, and write with majority and journaling, whatever the URI says. The driver never retries a write:
 * append-events decides whether an event is stored.
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
  // By default the driver looks after its connections every 100 ms, which wakes an idle process. It also looks at each
  // one before its use. The type of its options lacks this one.
  Object.assign(client.options, { minPoolSizeCheckFrequencyMS: 10_000 });
  // set on the database, not on the client: options in the URI would override those of the client
  const db = client.db(database, concerns);
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
      keys: db.collection('Keys'),
      sites: db.collection('Sites'),
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
 * Connects unless it is connected. Throws the driver's error, or DeadlineError after `deadlineMs` milliseconds. After a
 * failed first connection, the log cannot be used until this call succeeds.
 */
export const connect = async (log: Log, deadlineMs: number): Promise<void> => {
  await withinDeadline(log[handles].client.connect(), deadlineMs, 'connect');
};

/** For the store only: returns the collections of a log. */
export const handlesOf = (log: Log): Handles => log[handles];

/** For the store only: returns the collection of an entity's records. */
export const recordsOf = (log: Log, entity: Entity): Collection<RecordDocument> =>
  log[handles].db.collection<RecordDocument>(entity.collection);
