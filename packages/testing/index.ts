export { type OwnServerOptions, openOwnServer, openTestDatabase, openTestFolder, reopenServer, type TestDatabase } from './embedded-database.ts';
