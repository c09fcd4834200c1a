import { createRequire } from 'node:module';

/** What this benchmark uses of better-sqlite3. */
export type Database = {
  pragma(text: string): unknown;
  exec(text: string): void;
  prepare(text: string): Statement;
  close(): void;
};

export type Statement = {
  run(...values: readonly SqlValue[]): unknown;
  get(...values: readonly SqlValue[]): unknown;
  all(...values: readonly SqlValue[]): unknown[];
};

export type SqlValue = string | number;

export type AssetRow = { id: string; name: string; deleted: 0 | 1; created: string; modified: string };
export type NoteRow = { id: string; content: string; asset_id: string; created: string; modified: string };

/** The tables of a plain server, as prepared statements. */
export type Tables = ReturnType<typeof prepareTables>;

/**
 * Opens a database file with better-sqlite3 from the folder of its module, and creates its tables. A write is on disk
 * when it returns: the log is synced at each commit.
 */
export const openDatabase = (module: string, file: string): Database => {
  const Sqlite = createRequire(import.meta.url)(module) as new (file: string) => Database;
  const database = new Sqlite(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL'); // NORMAL would be faster, but could lose acknowledged writes
  database.pragma('foreign_keys = ON');
  database.exec(schema);
  return database;
};

const schema = `
  CREATE TABLE assets (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL, modified TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX assets_modified ON assets (modified, id);
  CREATE TABLE notes (
    id TEXT PRIMARY KEY, content TEXT NOT NULL, asset_id TEXT NOT NULL REFERENCES assets (id),
    created TEXT NOT NULL, modified TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX notes_modified ON notes (modified, id);
`;

/** Prepares the statements of both tables. The time is in ISO 8601, lists have at most 100 rows. */
export const prepareTables = (database: Database) => {
  const statements = {
    asset: database.prepare('SELECT * FROM assets WHERE id = ?'),
    assets: database.prepare('SELECT * FROM assets ORDER BY modified, id LIMIT 100'),
    addAsset: database.prepare('INSERT INTO assets (id, name, created, modified) VALUES (?, ?, ?, ?)'),
    deleteAsset: database.prepare('UPDATE assets SET deleted = 1, modified = ? WHERE id = ?'),
    note: database.prepare('SELECT * FROM notes WHERE id = ?'),
    notes: database.prepare('SELECT * FROM notes ORDER BY modified, id LIMIT 100'),
    addNote: database.prepare('INSERT INTO notes (id, content, asset_id, created, modified) VALUES (?, ?, ?, ?, ?)'),
  };
  return {
    findAsset: (id: string) => statements.asset.get(id) as AssetRow | undefined,
    listAssets: () => statements.assets.all() as AssetRow[],
    addAsset: (id: string, name: string, now: string) => void statements.addAsset.run(id, name, now, now),
    deleteAsset: (id: string, now: string) => void statements.deleteAsset.run(now, id),
    findNote: (id: string) => statements.note.get(id) as NoteRow | undefined,
    listNotes: () => statements.notes.all() as NoteRow[],
    addNote: (id: string, content: string, asset: string, now: string) =>
      void statements.addNote.run(id, content, asset, now, now),
  };
};
