export { anyCommand, anyFields, anyHistory, anyId, historyOf, note, storedNote } from './arbitraries.ts';
export { type OwnServerOptions, openOwnServer, openTestDatabase, openTestFolder, reopenServer, type TestDatabase } from './embedded-database.ts';
export { at, given, type Happened } from './given.ts';
export { openLogOn, openTestLog, storedEvents } from './test-log.ts';
export { until } from './until.ts';
